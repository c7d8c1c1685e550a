"""Enrolment over real TLS: enrolled, or nothing changed and a sentence; broken off, then finished."""

import errno
import http.server
import os
import stat
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from contract.enrolment import EnrolmentAnswer, answer_proof, code_letters
from device.identity.enrolment import enrol
from device.identity.errors import EnrolmentFailed
from device.identity.pending import PendingFile, new_pending
from device.identity.places import alone_in
from device.settings import DeviceSettings
from groundwork.client_tls import client_context
from tests.device.identity.authority import DAY, NOW, Authority, PublicKey, pem
from tests.device.identity.clinic import CODE, DEVICE, Clinic

LETTERS = code_letters(CODE)


class Killed(BaseException):
    """The process ended here: nothing that would be done later is done."""


def typed() -> str:
    """Return the code as a person would give it."""
    return LETTERS


def not_asked() -> str:
    """Fail if a code is asked for."""
    raise AssertionError("no code was needed")


def files(settings: DeviceSettings) -> dict[str, bytes]:
    """Return all that lies in the identity's folder."""
    return {path.name: path.read_bytes() for path in settings.broker.key.parent.iterdir()}


def connects(settings: DeviceSettings) -> bool:
    """Say whether both sides of a TLS connection believe each other with the files as they are."""
    broker = settings.broker
    tls = client_context(broker.authority, broker.certificate, broker.key)
    with httpx.Client(verify=tls, trust_env=False) as client:
        return client.get(f"{str(settings.pictures.url).rstrip('/')}/certificates").status_code == 405


def test_an_enrolled_instrument_connects(clinic: Clinic, settings: DeviceSettings) -> None:
    """Breaks when what enrolment puts in place does not open the clinic's door, or others can read the key."""
    certificate = enrol(settings, clinic.url, typed)
    assert connects(settings)
    assert sorted(files(settings)) == ["authority.crt", "chair.crt", "chair.key"]
    assert stat.S_IMODE(settings.broker.key.stat().st_mode) == 0o600
    assert settings.broker.certificate.read_text() == pem(certificate)
    assert settings.broker.authority.read_text() == pem(clinic.authority.certificate)


def test_the_key_never_leaves_and_the_code_never_travels(clinic: Clinic, settings: DeviceSettings) -> None:
    """Breaks when an eavesdropper learns the key or the code."""
    enrol(settings, clinic.url, typed)
    key = settings.broker.key.read_text()
    for request, answer in clinic.enrolled.items():
        assert "BEGIN CERTIFICATE REQUEST" in request
        for secret in (LETTERS, CODE, *key.splitlines()[1:-1]):
            assert secret not in request
            assert secret not in answer.model_dump_json()


def test_a_certificate_that_holds_is_kept_without_the_word(clinic: Clinic, settings: DeviceSettings) -> None:
    """Breaks when a slip takes a working instrument off the clinic."""
    enrol(settings, clinic.url, typed)
    before = files(settings)
    with pytest.raises(EnrolmentFailed, match="--replace"):
        enrol(settings, clinic.url, not_asked)
    assert files(settings) == before
    enrol(settings, clinic.url, typed, replace=True)
    after = files(settings)
    assert all(after[name] != before[name] for name in ("chair.crt", "chair.key"))
    assert connects(settings)


def test_what_no_longer_serves_is_replaced_without_the_word(clinic: Clinic, settings: DeviceSettings) -> None:
    """Breaks when an expired or damaged certificate stands in its own successor's way."""
    clinic.issue = lambda key, name: clinic.authority.issue(key, name, last=NOW + DAY)
    enrol(settings, clinic.url, typed)
    settings.broker.certificate.write_text("damaged")
    enrol(settings, clinic.url, typed)
    assert connects(settings)
    settings.broker.key.unlink()
    enrol(settings, clinic.url, typed)
    assert connects(settings)


def test_an_expired_certificate_is_replaced_without_the_word(
    clinic: Clinic, settings: DeviceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when an instrument that slept too long cannot be enrolled again."""
    enrol(settings, clinic.url, typed)
    monkeypatch.setattr("device.clock.now", lambda: NOW + 100 * DAY)
    clinic.issue = lambda key, name: clinic.authority.issue(key, name, last=NOW + 200 * DAY)
    assert enrol(settings, clinic.url, typed).not_valid_after_utc == NOW + 200 * DAY


def test_a_clock_that_is_not_trusted_does_not_shut_an_instrument_out(
    clinic: Clinic, settings: DeviceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a Pi that starts in the past, as it does without a battery, cannot be enrolled."""
    monkeypatch.setattr("device.clock.now", lambda: NOW - 900 * DAY)
    with pytest.raises(EnrolmentFailed, match="holds from"):
        enrol(settings, clinic.url, typed)
    monkeypatch.setattr("device.clock.is_trusted", lambda: False)
    enrol(settings, clinic.url, typed)
    assert connects(settings)


def forged(answer: bytes) -> Response:
    """Answer as one who stands between, with an authority of his own and the clinic's proof."""
    true = EnrolmentAnswer.model_validate_json(answer)
    return Response(true.model_copy(update={"authority": pem(Authority().certificate)}).encode())


def forged_throughout(answer: bytes) -> Response:
    """Answer as one who stands between and has guessed at the code."""
    true = EnrolmentAnswer.model_validate_json(answer)
    authority = pem(Authority().certificate)
    proof = answer_proof("0" * 16, "0" * 64, true.clinic_id, true.certificate, authority)
    return Response(true.model_copy(update={"authority": authority, "proof": proof}).encode())


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        (forged, "does not know the code"),
        (forged_throughout, "does not know the code"),
        (lambda answer: Response(answer[:-20]), "no enrolment service"),
        (lambda _: Response(b"<html>"), "no enrolment service"),
        (lambda _: Response(b"\xff\x00"), "no enrolment service"),
        (lambda _: Response(b" " * 17_000), "longer than 16384 bytes"),
        (lambda _: RedirectResponse("https://127.0.0.1:1/"), "answered 307"),
        (lambda _: Response(b"", 502), "answered 502: no reason given"),
        (lambda _: PlainTextResponse("Busy.\x1b[2J\n" + "x" * 500, 503), r"answered 503: Busy. \[2J x+\. Check"),
        (lambda _: PlainTextResponse("Gone.", 429), "same command again with the same code"),
        (lambda _: PlainTextResponse("Used.", 403), "403: Used. Check the address and the code"),
    ],
)
def test_what_is_no_answer_is_one_sentence_and_the_next_try_serves(
    clinic: Clinic, settings: DeviceSettings, instead: Callable[[bytes], Response], said: str
) -> None:
    """Breaks when a stranger's answer is believed, or a lost one costs the code or a second certificate."""
    clinic.instead = instead
    with pytest.raises(EnrolmentFailed, match=said) as failed:
        enrol(settings, clinic.url, typed)
    assert str(failed.value).isprintable()
    assert list(files(settings)) == ["chair.key.pending"]
    clinic.instead = None
    enrol(settings, clinic.url, typed)
    assert connects(settings)
    assert len(clinic.enrolled) == 1


def test_nobody_there_is_one_sentence(settings: DeviceSettings) -> None:
    """Breaks when a wrong address ends in a traceback."""
    with pytest.raises(EnrolmentFailed, match=r"gave no answer .* with the same code"):
        enrol(settings, "https://127.0.0.1:1", typed)
    with pytest.raises(EnrolmentFailed, match="gave no answer"):
        enrol(settings, "https://no-such-host.invalid:8444", typed)


def test_plain_http_behind_the_address_is_one_sentence(settings: DeviceSettings) -> None:
    """Breaks when a port without TLS is spoken to without, or hangs the command."""

    class Plain(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Plain) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with pytest.raises(EnrolmentFailed, match="gave no answer"):
            enrol(settings, f"https://127.0.0.1:{server.server_address[1]}", typed)
        server.shutdown()
        thread.join()


def test_a_wrong_code_is_one_sentence(clinic: Clinic, settings: DeviceSettings) -> None:
    """Breaks when a mistyped code does not say so."""
    with pytest.raises(EnrolmentFailed, match="trichoscope-collector enrol chair-1"):
        enrol(settings, clinic.url, lambda: "0" * 16)
    assert clinic.enrolled == {}


def test_another_clinic_is_one_sentence(clinic: Clinic, settings: DeviceSettings) -> None:
    """Breaks when an instrument is enrolled where its messages would be refused, topic by topic."""
    clinic.clinic_id = "hillside"
    with pytest.raises(EnrolmentFailed, match="it is the clinic 'hillside', and this instrument's settings say 'riv"):
        enrol(settings, clinic.url, typed)
    assert list(files(settings)) == ["chair.key.pending"]


def test_a_certificate_for_another_name_is_one_sentence(clinic: Clinic, settings: DeviceSettings) -> None:
    """Breaks when a clinic that knows the code, and errs, has its error put in place."""
    clinic.issue = lambda key, _name: clinic.authority.issue(key, "chair-2")
    with pytest.raises(EnrolmentFailed, match="is for 'chair-2', not 'chair-1'"):
        enrol(settings, clinic.url, typed)
    assert list(files(settings)) == ["chair.key.pending"]


def interrupt_sync(monkeypatch: pytest.MonkeyPatch, number: int, error: BaseException) -> None:
    """Raise at one call of fsync; odd ones stand before a rename, even ones after it."""
    really_sync, calls = os.fsync, [0]

    def sync(descriptor: int) -> None:
        calls[0] += 1
        if calls[0] == number:
            raise error
        really_sync(descriptor)

    monkeypatch.setattr(os, "fsync", sync)


SYNCS = 11
"""Of one enrolment: two for each of five files written, one for the pending file's removal."""


@pytest.mark.parametrize("replace", [False, True], ids=["first", "replacing"])
@pytest.mark.parametrize(
    "number_and_error",
    [
        pytest.param((number, error), id=f"{called} at {number}")
        for number in range(1, SYNCS)
        for called, error in (("killed", Killed()), ("full", OSError(errno.ENOSPC, "No space left on device")))
    ],
)
def test_broken_off_at_any_write_the_same_command_finishes_it(
    clinic: Clinic,
    settings: DeviceSettings,
    monkeypatch: pytest.MonkeyPatch,
    number_and_error: tuple[int, BaseException],
    replace: bool,
) -> None:
    """Breaks when a power cut in an enrolment leaves an instrument that only a new code, or a person's files, mend."""
    number, error = number_and_error
    if replace:
        enrol(settings, clinic.url, typed)
    before = files(settings)
    with monkeypatch.context() as patch:
        interrupt_sync(patch, number, error)
        with pytest.raises((Killed, EnrolmentFailed)):
            enrol(settings, clinic.url, typed, replace=replace)
    old_set_stands = all(files(settings).get(name) == content for name, content in before.items())
    assert old_set_stands or PendingFile(settings.broker.key).read(DEVICE) is not None
    answered = number > 3  # the answer is renamed into its place before the fourth
    certificate = enrol(settings, clinic.url, not_asked if answered else typed, replace=replace)
    assert connects(settings)
    assert settings.broker.certificate.read_text() == pem(certificate)
    assert sorted(files(settings)) == ["authority.crt", "chair.crt", "chair.key"]
    assert stat.S_IMODE(settings.broker.key.stat().st_mode) == 0o600
    assert len(clinic.enrolled) == (2 if replace else 1)


def test_an_enrolment_that_outlived_its_end_puts_nothing_back(
    clinic: Clinic, settings: DeviceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when an instrument that was to get another key goes back to the one that leaked."""
    with monkeypatch.context() as patch:
        patch.setattr(PendingFile, "remove", lambda _self: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            enrol(settings, clinic.url, typed)
    leaked = settings.broker.key.read_bytes()
    renewed = clinic.authority.issue(loaded_public_key(leaked), DEVICE, last=NOW + 400 * DAY)
    settings.broker.certificate.write_text(pem(renewed))
    with pytest.raises(EnrolmentFailed, match="--replace"):
        enrol(settings, clinic.url, not_asked)
    assert settings.broker.certificate.read_text() == pem(renewed)
    assert PendingFile(settings.broker.key).read(DEVICE) is None, "no second copy of the key stays"
    enrol(settings, clinic.url, typed, replace=True)
    assert settings.broker.key.read_bytes() != leaked


def loaded_public_key(key: bytes) -> PublicKey:
    """Return the public half of a private key."""
    private = serialization.load_pem_private_key(key, None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return private.public_key()


def test_killed_at_the_last_write_it_is_whole_and_there_are_no_more(
    clinic: Clinic, settings: DeviceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when the pending file outlives what it is for, or there are more writes than are interrupted above."""
    with monkeypatch.context() as patch:
        interrupt_sync(patch, SYNCS, Killed())
        with pytest.raises(Killed):
            enrol(settings, clinic.url, typed)
    assert sorted(files(settings)) == ["authority.crt", "chair.crt", "chair.key"]
    assert connects(settings)
    interrupt_sync(monkeypatch, SYNCS + 1, Killed())
    enrol(settings, clinic.url, typed, replace=True)


def test_a_pending_answer_that_no_longer_serves_is_asked_for_again(
    clinic: Clinic, settings: DeviceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when an enrolment broken off long ago puts an expired certificate in place."""
    with monkeypatch.context() as patch:
        interrupt_sync(patch, 5, Killed())
        with pytest.raises(Killed):
            enrol(settings, clinic.url, typed)
    monkeypatch.setattr("device.clock.now", lambda: NOW + 100 * DAY)
    clinic.enrolled.clear()
    clinic.issue = lambda key, name: clinic.authority.issue(key, name, last=NOW + 200 * DAY)
    assert enrol(settings, clinic.url, typed).not_valid_after_utc == NOW + 200 * DAY


@pytest.mark.parametrize("content", [b"", b"{", b'{"device_id": "chair-1"}'])
def test_a_damaged_pending_file_is_begun_anew(clinic: Clinic, settings: DeviceSettings, content: bytes) -> None:
    """Breaks when a broken file of ours needs a person to delete it."""
    PendingFile(settings.broker.key).path.write_bytes(content)
    enrol(settings, clinic.url, typed)
    assert connects(settings)


def test_a_pending_enrolment_of_another_name_is_not_used(clinic: Clinic, settings: DeviceSettings) -> None:
    """Breaks when an instrument that was given another name in its settings keeps asking under the old one."""
    PendingFile(settings.broker.key).write(new_pending("chair-9"))
    enrol(settings, clinic.url, typed)
    assert connects(settings)


def test_the_pending_file_is_for_its_owner_alone_and_its_words_hide_the_key(settings: DeviceSettings) -> None:
    """Breaks when the key can be read from the file that keeps it until it is in place, or from a log."""
    pending, file = new_pending(DEVICE), PendingFile(settings.broker.key)
    file.write(pending)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert file.read(DEVICE) == pending
    assert "PRIVATE" not in repr(pending)


def with_broker(settings: DeviceSettings, **changes: Path) -> DeviceSettings:
    """Return settings with other paths."""
    return settings.model_copy(update={"broker": settings.broker.model_copy(update=changes)})


def test_paths_that_cannot_be_written_are_told_before_the_clinic_is_asked(
    clinic: Clinic, settings: DeviceSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a code is used up before it turns out that there is no place for the certificate."""
    cases: Sequence[tuple[DeviceSettings, str]] = [
        (with_broker(settings, certificate=tmp_path / "none" / "a.crt"), "is not there: make it"),
        (with_broker(settings, certificate=settings.broker.authority), "must be three files"),
        (with_broker(settings, key=tmp_path / "handed" / "chair.key"), "cannot be written. Name a file"),
    ]
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "handed"))
    for changed, said in cases:
        with pytest.raises(EnrolmentFailed, match=said):
            enrol(changed, clinic.url, not_asked)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(EnrolmentFailed, match="cannot be written by this user"):
        enrol(settings, clinic.url, not_asked)


def test_root_does_not_write_a_key_that_the_service_cannot_read(
    clinic: Clinic, settings: DeviceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when the usual sudo leaves a key of root's in the folder of the service's user."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    really_stat = Path.stat

    def owned(self: Path, **options: bool) -> os.stat_result:
        whole = list(really_stat(self, **options))
        whole[4] = 4242
        return os.stat_result(whole)

    monkeypatch.setattr(Path, "stat", owned)
    with pytest.raises(EnrolmentFailed, match="sudo -u user 4242"):
        enrol(settings, clinic.url, not_asked)


def test_two_enrolments_at_once_do_not_meet(clinic: Clinic, settings: DeviceSettings) -> None:
    """Breaks when the key of one lies beside the certificate of the other."""
    with alone_in(settings.broker.key.parent), pytest.raises(EnrolmentFailed, match="when it has ended"):
        enrol(settings, clinic.url, not_asked)
    enrol(settings, clinic.url, typed)
