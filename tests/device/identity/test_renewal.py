"""Renewal over real TLS with the present certificate: another certificate, or the old one and a sentence."""

import errno
import logging
import os
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.responses import PlainTextResponse, Response

from contract.enrolment import RenewalAnswer, code_letters
from device.commands import main
from device.identity import expiry
from device.identity.enrolment import enrol
from device.identity.places import alone_in
from device.identity.renewal import CertificateRenewal, NotRenewed
from device.settings import DeviceSettings
from groundwork.client_tls import client_context
from tests.device.identity.authority import DAY, NOW, Authority, PublicKey, pem
from tests.device.identity.clinic import CODE, Clinic

LIFE = 90 * DAY


def issued_ago(clinic: Clinic, age: timedelta) -> Callable[[PublicKey, str], x509.Certificate]:
    """Return how the clinic would have signed that long ago."""
    return lambda key, name: clinic.authority.issue(key, name, first=NOW - age, last=NOW - age + LIFE)


def enrolled_ago(clinic: Clinic, settings: DeviceSettings, age: timedelta) -> None:
    """Put a certificate of that age in place; the next one is signed today."""
    clinic.issue = issued_ago(clinic, age)
    enrol(settings, clinic.url, lambda: code_letters(CODE))
    clinic.issue = issued_ago(clinic, timedelta(0))


@pytest.fixture
def due(clinic: Clinic, settings: DeviceSettings) -> DeviceSettings:
    """Return the settings of an instrument whose certificate is in the last third of its life."""
    enrolled_ago(clinic, settings, 70 * DAY)
    return settings


def test_the_authority_is_renewed_along_with_it(clinic: Clinic, due: DeviceSettings) -> None:
    """Breaks when all instruments of a clinic fall silent as its authority's first certificate ends."""
    clinic.renewed_authority = Authority(key=clinic.authority.key, holds_until=NOW + 7300 * DAY)
    assert CertificateRenewal(due).renew_if_due()
    assert due.broker.authority.read_text() == pem(clinic.renewed_authority.certificate)


@pytest.mark.parametrize(
    "other",
    [
        lambda _present: Authority(holds_until=NOW + 7300 * DAY),
        lambda present: Authority(key=present.key, holds_until=NOW + 30 * DAY),
        lambda present: Authority(key=present.key, name="another", holds_until=NOW + 7300 * DAY),
        lambda present: Authority(key=present.key, is_one=False, holds_until=NOW + 7300 * DAY),
    ],
    ids=["another key", "ends earlier", "another name", "no authority"],
)
def test_another_authority_is_not_taken(
    clinic: Clinic, due: DeviceSettings, other: Callable[[Authority], Authority]
) -> None:
    """Breaks when whoever answers a renewal can make the instrument believe somebody else from now on."""
    before = due.broker.authority.read_bytes()
    clinic.renewed_authority = other(clinic.authority)
    assert CertificateRenewal(due).renew_if_due()
    assert due.broker.authority.read_bytes() == before


def test_a_certificate_in_its_last_third_is_renewed_with_the_same_key(clinic: Clinic, due: DeviceSettings) -> None:
    """Breaks when an instrument falls silent at the end of its first certificate."""
    broker = due.broker
    key, authority = broker.key.read_bytes(), broker.authority.read_bytes()
    assert expiry(due) == NOW + 20 * DAY
    renewal = CertificateRenewal(due)
    assert renewal.renew_if_due()
    assert expiry(due) == NOW + LIFE
    assert (broker.key.read_bytes(), broker.authority.read_bytes()) == (key, authority)
    client_context(broker.authority, broker.certificate, broker.key)
    assert not renewal.renew_if_due()
    assert clinic.renewed == 1


@pytest.mark.parametrize(("age", "asked"), [(timedelta(0), 0), (60 * DAY - timedelta(hours=1), 0), (60 * DAY, 1)])
def test_the_last_third_begins_where_it_begins(
    clinic: Clinic, settings: DeviceSettings, age: timedelta, asked: int
) -> None:
    """Breaks when the clinic is asked for a certificate every minute, or too late for a device that was away."""
    enrolled_ago(clinic, settings, age)
    assert CertificateRenewal(settings).renew_if_due() == bool(asked)
    assert clinic.renewed == asked


def test_without_a_trusted_clock_nothing_is_asked(
    clinic: Clinic, due: DeviceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a clock that jumped has certificates made that nobody needs, or an unset one ends delivery unsaid."""
    monkeypatch.setattr("device.clock.is_trusted", lambda: False)
    with pytest.raises(NotRenewed, match="time server"):
        CertificateRenewal(due).renew_if_due()
    assert clinic.renewed == 0


def other_key(clinic: Clinic) -> None:
    """Have the clinic sign for another key."""
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    clinic.issue = lambda _key, name: clinic.authority.issue(other, name)


def other_name(clinic: Clinic) -> None:
    """Have the clinic sign for another name."""
    clinic.issue = lambda key, _name: clinic.authority.issue(key, "chair-2")


def other_authority(clinic: Clinic) -> None:
    """Have another authority sign."""
    clinic.issue = Authority().issue


def no_longer(clinic: Clinic) -> None:
    """Have the clinic sign for no longer than before."""
    clinic.issue = issued_ago(clinic, 70 * DAY)


def ended(clinic: Clinic) -> None:
    """Have the clinic sign for a time that is over."""
    clinic.issue = issued_ago(clinic, LIFE + DAY)


def says(instead: Callable[[bytes], Response]) -> Callable[[Clinic], None]:
    """Return what has the clinic say something else."""

    def change(clinic: Clinic) -> None:
        clinic.instead = instead

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_key, "another key"),
        (other_name, "is for 'chair-2'"),
        (other_authority, "not signed by the authority"),
        (no_longer, "no longer than the present one"),
        (ended, "the certificate holds from"),
        (says(lambda _: Response(b"nonsense")), "is no certificate"),
        (says(lambda _: Response(RenewalAnswer(certificate="x").encode())), "not one certificate in PEM"),
        (says(lambda _: Response(b"x" * 20_000)), "longer than 16384 bytes. It is tried again"),
        (says(lambda _: PlainTextResponse("Revoked.", 403)), "403: Revoked. Tell the clinic"),
        (says(lambda _: PlainTextResponse("Enrolment is not set up.", 503)), "503: .* It is tried again"),
        (says(lambda _: Response(status_code=429)), "429: no reason given. It is tried again"),
    ],
)
def test_what_does_not_serve_leaves_the_present_certificate(
    clinic: Clinic, due: DeviceSettings, change: Callable[[Clinic], None], said: str
) -> None:
    """Breaks when a wrong answer takes a working instrument off the clinic."""
    before = due.broker.certificate.read_bytes()
    change(clinic)
    with pytest.raises(NotRenewed, match=said) as failed:
        CertificateRenewal(due).renew_if_due()
    assert str(failed.value).isprintable()
    assert due.broker.certificate.read_bytes() == before


def test_what_is_wrong_at_the_instrument_is_a_sentence(
    clinic: Clinic, due: DeviceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a missing or damaged file ends the service that delivers."""
    broker = due.broker
    renewal = CertificateRenewal(due)
    broker.key.chmod(0o644)
    with pytest.raises(NotRenewed, match="chmod 600"):
        renewal.renew_if_due()
    key = broker.key.read_text()
    broker.key.write_text("damaged")
    broker.key.chmod(0o600)
    with pytest.raises(NotRenewed, match=r"cannot be renewed: .* run 'trichoscope enrol'"):
        renewal.renew_if_due()
    broker.key.write_text(key)
    with monkeypatch.context() as patch:
        patch.setattr("device.clock.now", lambda: NOW + 30 * DAY)
        with pytest.raises(NotRenewed, match=r"ran out on .*run 'trichoscope enrol'"):
            renewal.renew_if_due()
    with alone_in(broker.certificate.parent), pytest.raises(NotRenewed, match="another enrolment or renewal"):
        renewal.renew_if_due()
    assert renewal.renew_if_due()
    for content in (b"damaged", b"\xff"):
        broker.certificate.write_bytes(content)
        with pytest.raises(NotRenewed, match="cannot be renewed"):
            renewal.renew_if_due()
    broker.certificate.unlink()
    with pytest.raises(NotRenewed, match="No such file"):
        renewal.renew_if_due()
    assert clinic.renewed == 2


def test_an_absent_clinic_is_a_sentence(due: DeviceSettings) -> None:
    """Breaks when a clinic that is away ends the service."""
    elsewhere = due.pictures.model_copy(update={"url": "https://127.0.0.1:1"})
    with pytest.raises(NotRenewed, match="gave no answer"):
        CertificateRenewal(due.model_copy(update={"pictures": elsewhere})).renew_if_due()


def test_a_certificate_put_in_place_meanwhile_stays(clinic: Clinic, due: DeviceSettings) -> None:
    """Breaks when a renewal lays the old key's certificate beside the key of an enrolment that was quicker."""
    newer = pem(Authority().certificate)

    def replaced_meanwhile(answer: bytes) -> Response:
        due.broker.certificate.write_text(newer)
        return Response(answer)

    clinic.instead = replaced_meanwhile
    with pytest.raises(NotRenewed, match="meanwhile"):
        CertificateRenewal(due).renew_if_due()
    assert due.broker.certificate.read_text() == newer


@pytest.mark.parametrize("number", [1, 2])
def test_killed_in_the_middle_a_certificate_is_there(
    clinic: Clinic, due: DeviceSettings, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Breaks when a power cut in a renewal leaves half a certificate."""
    really_sync, calls = os.fsync, [0]

    def sync(descriptor: int) -> None:
        calls[0] += 1
        if calls[0] == number:
            raise OSError(errno.ENOSPC, "No space left on device")
        really_sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", sync)
        with pytest.raises(NotRenewed, match="No space left"):
            CertificateRenewal(due).renew_if_due()
    broker = due.broker
    client_context(broker.authority, broker.certificate, broker.key)
    assert CertificateRenewal(due).renew_if_due() == (number == 1)
    assert expiry(due) == NOW + LIFE
    assert clinic.renewed == (2 if number == 1 else 1)


class Waits(threading.Event):
    """Records how long was waited, waits not at all, and is set after so many waits."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.waited_s: list[float] = []
        self._most = most

    def wait(self, timeout: float | None = None) -> bool:
        """Record the wait."""
        assert timeout is not None
        self.waited_s.append(timeout)
        if len(self.waited_s) == self._most:
            self.set()
        return self.is_set()


def test_a_refusal_is_said_once_a_day_and_the_tries_grow_rare(
    clinic: Clinic, due: DeviceSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Breaks when a revoked instrument fills its log, falls silent about it, or asks without end."""
    clinic.instead = lambda _: PlainTextResponse("Revoked.", 403)
    stop = Waits(40)
    monkeypatch.setattr("device.clock.since_boot_ms", lambda: round(sum(stop.waited_s) * 1000))
    monkeypatch.setattr("random.uniform", lambda _low, high: high)
    with caplog.at_level(logging.ERROR, logger="device.identity.renewal"):
        CertificateRenewal(due).run(stop)
    assert clinic.renewed == 40
    assert stop.waited_s[:7] == [60, 120, 240, 480, 960, 1920, 3600]
    assert all(after >= before for before, after in pairwise(stop.waited_s))
    assert max(stop.waited_s) == 3600
    assert 24 * 3600 < sum(stop.waited_s) < 48 * 3600
    assert [record.getMessage().count("403: Revoked") for record in caplog.records] == [1, 1]


def test_after_a_success_it_looks_once_a_minute(clinic: Clinic, due: DeviceSettings) -> None:
    """Breaks when a failure that is over keeps the next look away."""
    clinic.instead = lambda _: Response(status_code=503)
    stop = Waits(5)

    def mended(timeout: float | None = None) -> bool:
        clinic.instead = None
        return Waits.wait(stop, timeout)

    stop.wait = mended  # type: ignore[method-assign]
    CertificateRenewal(due).run(stop)
    assert clinic.renewed == 2
    assert stop.waited_s[1:] == [60] * 4


def test_a_stop_ends_the_wait_at_once(clinic: Clinic, settings: DeviceSettings) -> None:
    """Breaks when the service cannot be stopped for a minute."""
    enrolled_ago(clinic, settings, timedelta(0))
    stop = threading.Event()
    thread = threading.Thread(target=CertificateRenewal(settings).run, args=(stop,))
    thread.start()
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()


def test_the_service_renews(settings_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the service delivers, and its certificate runs out beside it."""
    begun: list[CertificateRenewal] = []

    def begin(renewal: CertificateRenewal, _stop: threading.Event) -> None:
        begun.append(renewal)

    monkeypatch.setattr(CertificateRenewal, "run", begin)
    monkeypatch.setattr(os, "umask", lambda _mask: 0)  # the test's own process goes on
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    result = CliRunner().invoke(main, ["run", "--settings", str(settings_path)])
    assert result.exit_code == 0, result.output
    assert len(begun) == 1


def test_an_expiry_that_cannot_be_read_is_none(settings: DeviceSettings) -> None:
    """Breaks when the health message fails on an instrument that is not enrolled."""
    assert expiry(settings) is None
    settings.broker.certificate.write_bytes(b"\x00damaged")
    assert expiry(settings) is None


def test_the_expiry_is_that_of_the_file_now(clinic: Clinic, settings: DeviceSettings) -> None:
    """Breaks when the clinic is told of another certificate than the one that is used."""
    enrolled_ago(clinic, settings, timedelta(0))
    ends: datetime | None = expiry(settings)
    assert ends == NOW + LIFE
    assert ends.tzinfo is not None
