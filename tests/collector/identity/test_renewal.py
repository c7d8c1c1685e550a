"""An instrument renews its certificate with the one it has, as long as that holds."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from collector import authority
from collector.identity import admission, issued, renewal
from collector.identity.certificates import BACKDATED, Authority, common_name, read_certificate, sign_client
from collector.identity.renewal import Renewals
from collector.identity.revocation import revoke
from collector.identity.revocation_list import RevocationList
from collector.pictures.folder import PicturesInFolder
from collector.pictures.service import create_service
from contract import RenewalAnswer, RenewalRequest
from tests.collector.conftest import OTHER_DEVICE
from tests.collector.examples import DEVICE
from tests.collector.identity.instrument import Instrument
from tests.collector.identity.running import client_tls, serving


@pytest.fixture
def revocations(own_certificates: Path) -> RevocationList:
    """Return the clinic's list."""
    return RevocationList(own_certificates / "revoked.pem", own_certificates / "authority.crt")


@pytest.fixture
def old(own_certificates: Path, own_authority: Authority) -> Instrument:
    """Return an instrument whose certificate, in the folder, is near its end."""
    instrument = Instrument(DEVICE)
    for record in (own_certificates / "issued").iterdir():
        if common_name(read_certificate(record)) == DEVICE:
            record.unlink()
    key = instrument.key.public_key()
    certificate = sign_client(own_authority, DEVICE, key, timedelta(hours=2))  # 24 of 26 h are over
    issued.record(own_certificates / "issued", certificate)
    instrument.install(own_certificates, certificate.public_bytes(serialization.Encoding.PEM).decode())
    return instrument


@pytest.fixture
def address(
    own_certificates: Path, own_authority: Authority, revocations: RevocationList, tmp_path: Path
) -> Iterator[httpx.URL]:
    """Return where the clinic's picture service runs."""
    renewals = Renewals(own_authority, own_certificates / "issued", revocations)
    with serving(
        create_service(PicturesInFolder(tmp_path / "pictures"), revocations, renewals), own_certificates
    ) as where:
        yield where


def renewed(address: httpx.URL, certificates: Path, name: str, body: bytes) -> httpx.Response:
    """Ask for renewal as a name."""
    with httpx.Client(verify=client_tls(certificates, name)) as client:
        return client.post(address.join("/certificates"), content=body)


def signed(answer: httpx.Response) -> x509.Certificate:
    """Return the certificate of an answer."""
    return x509.load_pem_x509_certificate(RenewalAnswer.model_validate_json(answer.content).certificate.encode())


@pytest.fixture
def _not_just_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "_ANOTHER_KEY_AFTER", -BACKDATED)


@pytest.mark.usefixtures("_not_just_now")
def test_a_certificate_near_its_end_is_renewed(address: httpx.URL, own_certificates: Path, old: Instrument) -> None:
    """Breaks when an instrument drops out as its certificate ends, or the new one is not recorded or not believed."""
    first = renewed(address, own_certificates, DEVICE, old.renewal())
    assert first.status_code == 200, first.text
    certificate = signed(first)
    assert common_name(certificate) == DEVICE
    assert certificate.public_key() == old.key.public_key()
    before = read_certificate(own_certificates / f"{DEVICE}.crt")
    assert certificate.not_valid_after_utc > before.not_valid_after_utc + timedelta(days=300)
    assert (own_certificates / "issued" / f"{certificate.serial_number:x}.crt").exists()
    again = renewed(address, own_certificates, DEVICE, old.renewal())
    assert again.content == first.content, "an answer that was lost is given again, and nothing more is signed"
    old.install(own_certificates, RenewalAnswer.model_validate_json(first.content).certificate)
    assert renewed(address, own_certificates, DEVICE, old.renewal()).status_code == 200
    new_key = Instrument(DEVICE)
    third = renewed(address, own_certificates, DEVICE, new_key.renewal())
    assert signed(third).public_key() == new_key.key.public_key()


def test_further_keys_are_signed_once_an_hour(address: httpx.URL, own_certificates: Path, old: Instrument) -> None:
    """Breaks when a hostile instrument fills the clinic's disk with certificates of its own."""
    before = len(list((own_certificates / "issued").iterdir()))
    answer = renewed(address, own_certificates, DEVICE, Instrument(DEVICE).renewal())
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")
    assert "last hour" in answer.text
    assert len(list((own_certificates / "issued").iterdir())) == before
    assert old.name == DEVICE


@pytest.mark.usefixtures("_not_just_now")
def test_nobody_becomes_somebody_else(address: httpx.URL, own_certificates: Path) -> None:
    """Breaks when an instrument renews itself into another, or into the collector."""
    before = len(list((own_certificates / "issued").iterdir()))
    for name in (OTHER_DEVICE, "collector"):
        answer = renewed(address, own_certificates, DEVICE, Instrument(name).renewal())
        assert (answer.status_code, DEVICE in answer.text) == (422, True)
    assert len(list((own_certificates / "issued").iterdir())) == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{}", 400),
        (b"\xff", 400),
        (b"x" * 20_000, 413),
        (RenewalRequest(signing_request="no request").encode(), 422),
    ],
)
def test_what_is_no_request_is_told_so(address: httpx.URL, own_certificates: Path, body: bytes, status: int) -> None:
    """Breaks when a body of any kind ends in a traceback or fills the memory."""
    assert renewed(address, own_certificates, DEVICE, body).status_code == status


@pytest.mark.usefixtures("_not_just_now")
def test_who_was_taken_back_gets_nothing(address: httpx.URL, own_certificates: Path, old: Instrument) -> None:
    """Breaks when a stolen instrument renews its certificate, or puts pictures, on a connection that stands."""
    with httpx.Client(verify=client_tls(own_certificates, DEVICE)) as client:
        assert client.head(address.join(f"/images/{'0' * 64}")).status_code == 404
        assert revoke(own_certificates, DEVICE) == 1
        for answer in (
            client.post(address.join("/certificates"), content=old.renewal()),
            client.put(address.join(f"/images/{'0' * 64}"), content=b"x"),
            client.get(address.join("/nowhere")),
        ):
            assert (answer.status_code, "taken back" in answer.text) == (403, True)
        assert client.head(address.join(f"/images/{'0' * 64}")).status_code == 403
    with httpx.Client(verify=client_tls(own_certificates, OTHER_DEVICE)) as other:
        assert other.head(address.join(f"/images/{'0' * 64}")).status_code == 404


@pytest.mark.usefixtures("_not_just_now")
def test_what_is_signed_while_its_holder_is_taken_back_stays_here(
    address: httpx.URL, own_certificates: Path, old: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a stolen instrument that renews in the very moment of its revocation escapes with a new one."""
    record = issued.record

    def record_and_revoke(folder: Path, certificate: x509.Certificate) -> None:
        revoke(own_certificates, DEVICE)
        record(folder, certificate)

    monkeypatch.setattr(issued, "record", record_and_revoke)
    assert renewed(address, own_certificates, DEVICE, old.renewal()).status_code == 403


def test_a_certificate_that_ends_on_its_connection_is_refused(
    address: httpx.URL, own_certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a connection that is kept open outlives its certificate."""
    end = read_certificate(own_certificates / f"{DEVICE}.crt").not_valid_after_utc

    class Later:
        @staticmethod
        def now(_zone: object) -> object:
            return end

    with httpx.Client(verify=client_tls(own_certificates, DEVICE)) as client:
        assert client.head(address.join(f"/images/{'0' * 64}")).status_code == 404
        monkeypatch.setattr(admission, "datetime", Later)
        assert client.get(address).text == "This certificate has expired."


def test_damaged_records_are_told_and_nothing_is_signed(
    address: httpx.URL, own_certificates: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Breaks when damage on the clinic's disk ends in a traceback, or in a certificate that nobody recorded."""
    (own_certificates / "issued" / "0.crt").write_text("damaged")
    answer = renewed(address, own_certificates, DEVICE, Instrument(DEVICE).renewal())
    assert (answer.status_code, "later" in answer.text) == (500, True)
    assert "0.crt" in caplog.text


def test_a_clinic_without_an_authority_says_so(own_certificates: Path, tmp_path: Path) -> None:
    """Breaks when an instrument is not told why it cannot renew."""
    with serving(create_service(PicturesInFolder(tmp_path / "pictures")), own_certificates) as address:
        answer = renewed(address, own_certificates, DEVICE, Instrument(DEVICE).renewal())
    assert (answer.status_code, answer.text) == (404, renewal.NO_RENEWAL)


def test_another_authoritys_instrument_is_not_let_in(address: httpx.URL, own_certificates: Path) -> None:
    """Breaks when a certificate of another clinic's authority in the same name is believed."""
    foreign = own_certificates.parent / "foreign"
    authority.ensure_authority(foreign)
    authority.ensure_client(foreign, DEVICE)
    (foreign / "authority.crt").write_bytes((own_certificates / "authority.crt").read_bytes())
    with pytest.raises(httpx.TransportError):
        renewed(address, foreign, DEVICE, Instrument(DEVICE).renewal())
