"""The instrument's first certificate: fetched from the clinic once, with a one-time code.

What stands against whom:

- The authority is what is being fetched, so the TLS of this one exchange can believe nobody's certificate: it is TLS
  1.2 or later without verification. Believed is who proves to know the code that the clinic gave to the technician
  (:mod:`contract.enrolment`): the request's proof binds the key to it, the answer's proof binds the certificate, the
  authority and the clinic's name to it. Who stands between can read both and keep both from arriving, and change
  neither; the code itself never travels.
- Whatever is broken off is finished by the same command (:mod:`device.identity.pending`). Only between the writing of
  the key and that of the certificate do the three files not belong together, and then connections fail until it is.
"""

from collections.abc import Callable
from datetime import datetime

from cryptography import x509
from pydantic import ValidationError

from contract.enrolment import EnrolmentAnswer, EnrolmentRequest, answer_proof, request_proof, same_proof
from device import clock
from device.identity.certificate import is_made_for, loaded, pem, verified
from device.identity.errors import CertificateUnfit, EnrolmentFailed, ExchangeFailed
from device.identity.exchange import post, unverified_context
from device.identity.pending import Pending, PendingFile, new_pending
from device.identity.places import alone_in, refuse_unwritable, remove_left_over
from device.settings import DeviceSettings
from groundwork.broker_settings import BrokerSettings
from groundwork.durable_file import write_durably


def enrol(
    settings: DeviceSettings, url: str, ask_code: Callable[[], str], *, replace: bool = False
) -> x509.Certificate:
    """Fetch the instrument's certificate and put it, its key and the authority where ``[broker]`` names them.

    Parameters
    ----------
    settings
        The instrument's settings.
    url
        The clinic's enrolment service, ``https://host:port``.
    ask_code
        Returns the code's letters (:func:`contract.enrolment.code_letters`); called only if the clinic has to be asked.
    replace
        Whether a certificate that holds is to be replaced.

    Returns
    -------
    cryptography.x509.Certificate
        The certificate, in its place.

    Raises
    ------
    EnrolmentFailed
        If the instrument could not be enrolled; the message says why and what to do.
    """
    broker = settings.broker
    refuse_unwritable(broker)
    try:
        with alone_in(broker.certificate.absolute().parent):
            return _enrol(settings, url, ask_code, replace=replace)
    except BlockingIOError as error:
        raise EnrolmentFailed(f"Not enrolled: {error}. Run the same command again when it has ended.") from error
    except OSError as error:
        raise EnrolmentFailed(
            f"Not enrolled: a file cannot be read or written ({error}). Mend the disk or the file's permissions, and"
            " run the same command again; the same code still serves within its time."
        ) from error


def _enrol(settings: DeviceSettings, url: str, ask_code: Callable[[], str], *, replace: bool) -> x509.Certificate:
    broker = settings.broker
    pending_file = PendingFile(broker.key)
    remove_left_over(pending_file.path, broker.key, broker.authority, broker.certificate)
    at = clock.now() if clock.is_trusted() else None
    pending = pending_file.read(settings.device_id)
    if pending is not None and pending.answer is not None and _is_in_place(pending, broker):
        # Broken off between its last write and forgetting it; what is in place may have been renewed since.
        pending_file.remove()
        present = loaded(broker.certificate.read_text("ascii"), "the certificate")
        if present == loaded(pending.answer.certificate, "the certificate"):
            return present
        pending = None
    if pending is None or pending.answer is None or _fault(pending, pending.answer, settings, at):
        if not replace:
            _refuse_valid(settings, at)
        letters = ask_code()
        pending = pending or new_pending(settings.device_id)
        pending_file.write(pending)
        answer = _ask(url, pending, letters, settings, at)
        pending = pending.model_copy(update={"answer": answer})
        pending_file.write(pending)
    else:
        answer = pending.answer
    certificate = _put_in_place(pending.key, answer, broker)
    pending_file.remove()
    return certificate


def _is_in_place(pending: Pending, broker: BrokerSettings) -> bool:
    """Whether the key of an enrolment is in its place, and a certificate that belongs to it."""
    try:
        certificate = loaded(broker.certificate.read_text("ascii"), "the certificate")
        return broker.key.read_text("ascii") == pending.key and is_made_for(certificate, pending.key)
    except (FileNotFoundError, UnicodeDecodeError, CertificateUnfit):
        return False


def _refuse_valid(settings: DeviceSettings, at: datetime | None) -> None:
    broker = settings.broker
    try:
        present = verified(
            broker.certificate.read_text("ascii"),
            broker.authority.read_text("ascii"),
            key=broker.key.read_text("ascii"),
            device_id=settings.device_id,
            at=at,
        )
    except (FileNotFoundError, UnicodeDecodeError, CertificateUnfit):
        return
    raise EnrolmentFailed(
        f"{broker.certificate} is a certificate of {settings.device_id} until {present.not_valid_after_utc:%Y-%m-%d},"
        " and is renewed by itself. Add --replace to have another key and certificate instead."
    )


def _ask(url: str, pending: Pending, letters: str, settings: DeviceSettings, at: datetime | None) -> EnrolmentAnswer:
    request = EnrolmentRequest(
        device_id=pending.device_id,
        nonce=pending.nonce,
        signing_request=pending.signing_request,
        proof=request_proof(letters, pending.device_id, pending.nonce, pending.signing_request),
    )
    try:
        came = post(f"{url.rstrip('/')}/enrolments", request.encode(), unverified_context())
    except ExchangeFailed as error:
        if error.refused:
            raise EnrolmentFailed(
                f"The clinic does not enrol {pending.device_id}: {error}. Check the address and the code; the"
                f" clinic's 'trichoscope-collector enrol {pending.device_id}' gives another."
            ) from error
        raise EnrolmentFailed(
            f"Not enrolled: {error}. Check the address and the network, and run the same command again with the same"
            " code."
        ) from error
    try:
        answer = EnrolmentAnswer.model_validate_json(came)
    except ValidationError as error:
        raise EnrolmentFailed(
            f"What answers at {url} is no enrolment service of a clinic. Check the address."
        ) from error
    proof = answer_proof(letters, pending.nonce, answer.clinic_id, answer.certificate, answer.authority)
    if not same_proof(proof, answer.proof):
        raise EnrolmentFailed(
            f"What answers at {url} does not know the code, so nothing of it is believed: check the address, and if it"
            " is right, tell the clinic that somebody stands between."
        )
    if fault := _fault(pending, answer, settings, at):
        raise EnrolmentFailed(
            f"What the clinic sent cannot be used: {fault}. Nothing was put in place; mend that with the clinic, and"
            " run the same command again."
        )
    return answer


def _fault(pending: Pending, answer: EnrolmentAnswer, settings: DeviceSettings, at: datetime | None) -> str | None:
    """Return what is wrong with an answer, or None."""
    if answer.clinic_id != settings.clinic_id:
        return f"it is the clinic {answer.clinic_id!r}, and this instrument's settings say {settings.clinic_id!r}"
    try:
        verified(answer.certificate, answer.authority, key=pending.key, device_id=settings.device_id, at=at)
    except CertificateUnfit as error:
        return str(error)
    return None


def _put_in_place(key: str, answer: EnrolmentAnswer, broker: BrokerSettings) -> x509.Certificate:
    certificate = loaded(answer.certificate, "the certificate")
    authority = loaded(answer.authority, "the authority")
    # The certificate last: only with the other two in place does it say that the instrument is enrolled.
    write_durably(broker.key, key.encode(), mode=0o600)
    write_durably(broker.authority, pem(authority).encode())
    write_durably(broker.certificate, pem(certificate).encode())
    return certificate
