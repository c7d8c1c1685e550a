"""To a PACS, and what is said of what arrived."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.events import Event

from collector.exports.dicom.picture import SOP_CLASS, encoded, picture
from collector.exports.dicom.report import SOP_CLASS as REPORT_CLASS
from collector.exports.dicom.report import report
from collector.exports.dicom.sending import Pacs, PacsRefused, PacsUnreachable, send
from collector.exports.dicom.settings import DicomSettings
from tests import examples
from tests.collector.exports.dicom import drawn
from tests.collector.exports.dicom.pacs import storescp
from tests.free_ports import free_port

SAID = DicomSettings()
JPEG, PNG = drawn.content("image/jpeg"), drawn.content("image/png")


def _datasets() -> list[Dataset]:
    first, second = drawn.capture("image/jpeg", JPEG), drawn.capture("image/png", PNG, site="vertex")
    return [
        picture(first, JPEG, SAID),
        report(first, SAID, examples.review_of(first)),
        picture(second, PNG, SAID),
        report(second, SAID),
    ]


def _pacs(port: int, **changes: Any) -> Pacs:  # noqa: ANN401  any field
    fields: dict[str, Any] = {"host": "127.0.0.1", "port": port, "called": "ARCHIVE", "timeout_s": 5.0}
    return Pacs(**fields | changes)


@contextmanager
def _python_pacs(statuses: list[int], **how: Any) -> Iterator[int]:  # noqa: ANN401  any attribute of the entity
    """Run a PACS that answers each instance with the next status; it takes no JPEG."""
    port, left = free_port(), iter(statuses)
    entity = AE(ae_title="ARCHIVE")
    for sop_class in how.pop("classes", (SOP_CLASS, REPORT_CLASS)):
        entity.add_supported_context(sop_class, [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
    for name, value in how.items():
        setattr(entity, name, value)

    def answer(event: Event) -> int:
        status = next(left)
        if status == 0xFFFF:
            event.assoc.abort()
        return status

    server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, answer)])
    assert server is not None
    try:
        yield port
    finally:
        server.shutdown()


def test_a_pacs_of_others_holds_what_was_sent(tmp_path: Path) -> None:
    """Breaks when dcmtk's storescp does not take a picture or a report, or what it stores is not what was sent."""
    datasets = _datasets()
    with storescp(tmp_path, "+xa") as port:
        outcomes = list(send(datasets, _pacs(port)))
    assert [(one.instance, one.arrived, one.status, one.sentence) for one in outcomes] == [
        (dataset.SOPInstanceUID, True, 0, "Arrived.") for dataset in datasets
    ]
    received = {dcmread(path).SOPInstanceUID: path for path in tmp_path.iterdir()}
    assert received.keys() == {dataset.SOPInstanceUID for dataset in datasets}
    for dataset in datasets:
        path = received[dataset.SOPInstanceUID]
        assert dcmread(path).file_meta.TransferSyntaxUID == dataset.file_meta.TransferSyntaxUID
        # all the bytes behind the file meta information, which the receiver writes itself
        sent = encoded(dataset)
        assert path.read_bytes()[_behind_meta(path.read_bytes()) :] == sent[_behind_meta(sent) :]


def _behind_meta(file: bytes) -> int:
    return 144 + int.from_bytes(file[140:144], "little")  # PS3.10, 7.1: (0002,0000) is UL, behind 128 + 4 bytes


def test_pictures_are_asked_for_one_at_a_time(tmp_path: Path) -> None:
    """Breaks when a patient's pictures, some 20 MB each, are all in memory before the first is sent."""
    asked: list[int] = []

    def one_by_one() -> Iterator[Dataset]:
        for number, dataset in enumerate(_datasets()):
            asked.append(number)
            yield dataset

    with storescp(tmp_path, "+xa") as port:
        outcomes = send(one_by_one(), _pacs(port))
        assert asked == []
        for number, outcome in enumerate(outcomes):
            assert outcome.arrived
            assert asked == list(range(number + 1))


def test_nobody_there_is_said_so() -> None:
    """Breaks when a wrong host or port ends in a stack trace, or without a word on what to check."""
    with pytest.raises(PacsUnreachable, match=r"ARCHIVE at 127\.0\.0\.1:\d+ cannot be reached \(Connection refused\)"):
        list(send(_datasets(), _pacs(free_port())))


def test_something_else_there_is_said_so() -> None:
    """Breaks when the sending waits for ever for a server that is no PACS, or blames the host."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        pacs = _pacs(silent.getsockname()[1], timeout_s=0.3)
        with pytest.raises(PacsUnreachable, match="not as DICOM does"):
            list(send(_datasets(), pacs))


def test_over_tls_it_arrives_where_the_certificate_is_trusted(tmp_path: Path) -> None:
    """Breaks when TLS is passed over, or a PACS whose certificate nobody vouches for is sent patients' figures."""
    key, certificate = _self_signed(tmp_path)
    stored = tmp_path / "stored"
    stored.mkdir()
    trusting = ssl.create_default_context(cafile=certificate)
    tls = ("+xa", "+tls", str(key), str(certificate), "--ignore-peer-cert")
    with storescp(stored, *tls) as port:
        outcomes = list(send(_datasets(), _pacs(port, tls=trusting)))
        assert all(one.arrived for one in outcomes)
        assert len(list(stored.iterdir())) == len(outcomes)
        with pytest.raises(PacsUnreachable, match="a certificate that is not trusted here"):
            list(send(_datasets(), _pacs(port, tls=ssl.create_default_context())))
        with pytest.raises(PacsUnreachable, match="whether it wants TLS"):
            list(send(_datasets(), _pacs(port)))


def _self_signed(folder: Path) -> tuple[Path, Path]:
    """Return the files of a key and of its certificate, for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pacs")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_path, path = folder / "key.pem", folder / "certificate.pem"
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return key_path, path


def test_tls_where_there_is_none_is_said_so(tmp_path: Path) -> None:
    """Breaks when figures go out in the clear though TLS was asked for, or without a word."""
    with storescp(tmp_path) as port, pytest.raises(PacsUnreachable, match="that it wants TLS"):
        list(send(_datasets(), _pacs(port, tls=ssl.create_default_context(), timeout_s=1.0)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"require_called_aet": True, "ae_title": "OTHER"}, "it is not called ARCHIVE. Check the called AE title"),
        ({"require_calling_aet": ["CLINIC"]}, "it does not know the calling AE title TRICHOSCOPE"),
        ({"classes": ("1.2.840.10008.5.1.4.1.1.2",)}, "takes neither dermoscopic pictures nor structured reports"),
    ],
)
def test_a_pacs_that_does_not_take_us_says_why(how: dict[str, Any], words: str) -> None:
    """Breaks when a wrong AE title, the commonest mistake of all, looks like any other failure."""
    with _python_pacs([], **how) as port, pytest.raises(PacsRefused, match=words):
        list(send(_datasets(), _pacs(port)))


def test_a_pacs_that_refuses_everybody_is_said_so(tmp_path: Path) -> None:
    """Breaks when a refusal without a known reason is passed over."""
    with storescp(tmp_path, "--refuse") as port, pytest.raises(PacsRefused, match="refused the connection"):
        list(send(_datasets(), _pacs(port)))


def test_each_instance_has_its_own_outcome() -> None:
    """Breaks when one that the PACS refuses counts as arrived, or keeps the others from being sent."""
    with _python_pacs([0xB000, 0xA701, 0xC123]) as port:
        outcomes = list(send(_datasets(), _pacs(port)))
    assert [(one.arrived, one.status) for one in outcomes] == [
        (False, None),
        (True, 0xB000),
        (False, 0xA701),
        (False, 0xC123),
    ]
    words = ("as JPEG Baseline", "it changed some elements", "its disk may be full", "cannot understand the instance")
    assert all(word in one.sentence for word, one in zip(words, outcomes, strict=True))


def test_what_arrived_before_the_connection_broke_is_known() -> None:
    """Breaks when a connection that breaks off leaves it open which pictures the PACS holds."""
    pictures = [picture(drawn.capture("image/png", PNG), PNG, SAID) for _ in range(4)]
    with _python_pacs([0, 0xFFFF]) as port:
        outcomes = list(send(pictures, _pacs(port)))
    assert [one.arrived for one in outcomes] == [True, False, False, False]
    assert "whether it arrived is unknown" in outcomes[1].sentence
    assert all("had broken off before" in one.sentence for one in outcomes[2:])


@pytest.mark.parametrize("title", ["", " ", "MORE-THAN-SIXTEEN", "A\\B", "ARCHÍV"])
def test_a_title_that_dicom_does_not_know_is_refused(title: str) -> None:
    """Breaks when a mistyped title is found out by the PACS, or cut to another one."""
    with pytest.raises(ValueError, match="AE title"):
        _pacs(104, called=title)
