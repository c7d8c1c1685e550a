"""DICOM instances to a PACS by C-STORE (PS3.4, annex B), with what became of each in words.

Where no association comes about nothing was sent, and an exception says why. Once there is one, nothing is raised any
more: what arrived, and what did not, is in the answer.
"""

import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGBaseline8Bit
from pynetdicom import AE, build_context, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_ASSOCIATE

from collector.exports.dicom import picture, report
from collector.exports.dicom.identifiers import IMPLEMENTATION

MAX_AE_TITLE = 16
"""Characters of an application entity's title at most (PS3.5, 6.2)."""

_ENTITY_TITLE_REASONS = {
    3: "it does not know the calling AE title {calling}. Have its administrator add it",
    7: "it is not called {called}. Check the called AE title",
}
"""By the reason of a rejection by the service user (PS3.8, table 9-21)."""


class SendingFailed(Exception):
    """Nothing was sent; the message says why and what to do."""


class PacsUnreachable(SendingFailed):
    """Nothing at that host and port answers as DICOM does."""


class PacsRefused(SendingFailed):
    """The PACS answered, and does not take us, or nothing of what was offered."""


@dataclass(frozen=True, kw_only=True)
class Pacs:
    """Where to send.

    Parameters
    ----------
    host, port
        Of the PACS.
    called, calling
        Its application entity title, and ours, by which it knows us.
    tls
        A context that trusts the PACS's certificate; None sends in the clear, which only a network of the PACS's own
        may see.
    timeout_s
        For the connection, for the association, and for the answer to each instance.
    """

    host: str
    port: int
    called: str
    calling: str = "TRICHOSCOPE"
    tls: ssl.SSLContext | None = None
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        for title in (self.called, self.calling):
            if not title.strip() or len(title) > MAX_AE_TITLE or not title.isascii() or "\\" in title:
                raise ValueError(
                    f"an AE title has 1 to {MAX_AE_TITLE} ASCII characters and no backslash; {title!r} has not"
                )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one instance: whether the PACS holds it, and a sentence.

    ``status`` is the PACS's answer (PS3.4, B.2.3), None where there was none.
    """

    instance: UID
    arrived: bool
    status: int | None
    sentence: str


_NO_ANSWER = "Sent, and no answer came: whether it arrived is unknown. Send it again."


def send(datasets: Iterable[Dataset], pacs: Pacs) -> Iterator[Outcome]:
    """Send instances one by one over one association, and give what became of each as soon as it is known.

    Nothing is sent before the first outcome is asked for; whoever stops asking stops the sending.

    Parameters
    ----------
    datasets
        With file meta information; each is asked for when its turn comes, so that one picture is in memory at a time.
    pacs
        Where to.

    Raises
    ------
    PacsUnreachable, PacsRefused
        If there is no association: then nothing was sent.
    """
    _connect(pacs)
    with ExitStack() as at_the_end:
        association = _associate(pacs, at_the_end)
        at_the_end.callback(_release, association)
        for dataset in datasets:
            outcome = _sent(dataset, association, pacs)
            if outcome.status is None and outcome.sentence == _NO_ANSWER:
                association.abort()  # else an answer that comes late would be taken for the next one's
            yield outcome


def _release(association: Association) -> None:
    if association.is_established:
        association.release()


def _connect(pacs: Pacs) -> None:
    """Connect once and let go: the library does not say why a connection fails, and a person has to know."""
    try:
        with socket.create_connection((pacs.host, pacs.port), timeout=pacs.timeout_s) as connection:
            if pacs.tls is not None:
                with pacs.tls.wrap_socket(connection, server_hostname=pacs.host):
                    pass
    except ssl.SSLCertVerificationError as error:
        raise PacsUnreachable(
            f"{_name(pacs)} shows a certificate that is not trusted here ({error.verify_message}). Give the authority"
            " that made it, or check the host. Nothing was sent."
        ) from error
    except OSError as error:
        secured = "" if pacs.tls is None else ", and that it wants TLS"
        raise PacsUnreachable(
            f"{_name(pacs)} cannot be reached ({error.strerror or error}). Check host and port, that the PACS runs,"
            f" that no firewall stands between{secured}. Nothing was sent."
        ) from error


def _associate(pacs: Pacs, at_the_end: ExitStack) -> Association:
    for _ in range(2):  # the refusal of a PACS that hangs up at once may be lost with the connection
        association, answers = _asked(pacs, at_the_end)
        if association.is_established:
            return association
        if answers:
            break
    if association.is_rejected and answers:
        raise PacsRefused(f"{_name(pacs)} refused the connection: {_why(answers[-1], pacs)}. Nothing was sent.")
    if answers:
        raise PacsRefused(
            f"{_name(pacs)} takes neither dermoscopic pictures nor structured reports. Have its administrator allow"
            " Dermoscopic Photography Image Storage and Comprehensive SR Storage. Nothing was sent."
        )
    raise PacsUnreachable(
        f"Something answers at {pacs.host}:{pacs.port}, but not as DICOM does. Check the port, and whether it wants"
        " TLS. Nothing was sent."
    )


def _asked(pacs: Pacs, at_the_end: ExitStack) -> tuple[Association, list[A_ASSOCIATE]]:
    """Ask for an association once, and return it with what was answered."""
    answers: list[A_ASSOCIATE] = []
    entity = AE(ae_title=pacs.calling)
    entity.implementation_class_uid = IMPLEMENTATION
    entity.implementation_version_name = "TRICHOSCOPE"
    entity.connection_timeout = entity.acse_timeout = entity.dimse_timeout = pacs.timeout_s
    entity.network_timeout = pacs.timeout_s
    association = entity.associate(
        pacs.host,
        pacs.port,
        # one transfer syntax a context, so that the PACS says of each whether it takes it
        contexts=[build_context(sop_class, syntax) for sop_class, syntax in _OFFERED],
        ae_title=pacs.called,
        tls_args=None if pacs.tls is None else (pacs.tls, pacs.host),
        evt_handlers=[
            (evt.EVT_CONN_OPEN, lambda event: _close(event.assoc, at_the_end)),
            (evt.EVT_ACSE_RECV, lambda event: _note(event.primitive, answers)),
        ],
    )
    return association, answers


_OFFERED = (
    (picture.SOP_CLASS, JPEGBaseline8Bit),
    (picture.SOP_CLASS, ExplicitVRLittleEndian),
    (report.SOP_CLASS, ExplicitVRLittleEndian),
    (report.SOP_CLASS, ImplicitVRLittleEndian),
)


def _close(association: Association, at_the_end: ExitStack) -> None:
    """Have the connection closed at the end: the library forgets to where the other side was first."""
    transport = association.dul.socket
    if transport is not None and transport.socket is not None:
        at_the_end.callback(transport.socket.close)


def _note(primitive: object, answers: list[A_ASSOCIATE]) -> None:
    if isinstance(primitive, A_ASSOCIATE):
        answers.append(primitive)


def _why(answer: A_ASSOCIATE, pacs: Pacs) -> str:
    from_user = answer.result_source == 1
    reason = _ENTITY_TITLE_REASONS.get(answer.diagnostic or 0) if from_user else None
    if reason is not None:
        return reason.format(calling=pacs.calling, called=pacs.called)
    return f"{answer.reason_str}. Try again; if it stays, ask its administrator"


def _name(pacs: Pacs) -> str:
    return f"The PACS {pacs.called} at {pacs.host}:{pacs.port}"


def _sent(dataset: Dataset, association: Association, pacs: Pacs) -> Outcome:
    if not association.is_established:
        return _not(dataset, "Not sent: the connection had broken off before. Send it again.")
    syntax = dataset.file_meta.TransferSyntaxUID
    if (dataset.SOPClassUID, syntax) not in _taken(association):
        return _not(
            dataset,
            f"Not sent: {pacs.called} does not take {dataset.SOPClassUID.name} as {syntax.name}. Have its administrator"
            " allow it.",
        )
    return _stored(dataset, association)


def _taken(association: Association) -> set[tuple[UID | None, UID]]:
    return {(one.abstract_syntax, syntax) for one in association.accepted_contexts for syntax in one.transfer_syntax}


def _stored(dataset: Dataset, association: Association) -> Outcome:
    try:
        status = association.send_c_store(dataset).get("Status")
    except (RuntimeError, ValueError, AttributeError) as error:
        return _not(dataset, f"Not sent: it could not be encoded ({error}).")
    if status is None:
        return _not(dataset, _NO_ANSWER)
    if status == 0x0000:
        return Outcome(dataset.SOPInstanceUID, arrived=True, status=status, sentence="Arrived.")
    if status & 0xF000 == 0xB000:
        return Outcome(
            dataset.SOPInstanceUID,
            arrived=True,
            status=status,
            sentence=f"Arrived, with a warning of the PACS ({status:04X}): {_in_words(status)}.",
        )
    return Outcome(
        dataset.SOPInstanceUID,
        arrived=False,
        status=status,
        sentence=f"Refused by the PACS ({status:04X}): {_in_words(status)}.",
    )


_STATUSES = (
    (0xFFFF, 0x0122, "it does not store such instances. Have its administrator allow them"),
    (0xFFFF, 0x0124, "it does not authorise us. Have its administrator allow it"),
    (0xFFFF, 0xB000, "it changed some elements to fit what it knows"),
    (0xFFFF, 0xB006, "it left out elements that it does not know"),
    (0xFFFF, 0xB007, "it expects something else of such an instance"),
    (0xFF00, 0xA700, "it is out of resources, its disk may be full. Send it again later"),
    (0xFF00, 0xA900, "it says that the instance does not match its kind. Tell its administrator"),
    (0xF000, 0xC000, "it cannot understand the instance. Tell its administrator"),
)
"""Which bits of a status count, what they are, and what that means (PS3.4, table B.2-1; PS3.7, annex C)."""


def _in_words(status: int) -> str:
    meanings = (meaning for bits, value, meaning in _STATUSES if status & bits == value)
    return next(meanings, "it gave no reason that is known here. Ask its administrator")


def _not(dataset: Dataset, sentence: str) -> Outcome:
    return Outcome(dataset.SOPInstanceUID, arrived=False, status=None, sentence=sentence)
