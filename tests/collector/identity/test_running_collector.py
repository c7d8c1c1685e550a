"""Identity as it is used: the commands, the collector's process, the real broker, all over TLS."""

import re
import socket
import ssl
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from collector.broker import COLLECTOR_USER
from collector.commands import main
from collector.identity.enrolment import REFUSAL
from contract import Channel, EnrolmentAnswer, EnrolmentRequest, RenewalAnswer, Topic
from contract.enrolment import answer_proof, code_letters
from tests.collector.conftest import OTHER_DEVICE, Broker, Client, await_true
from tests.collector.examples import CLINIC, DEVICE
from tests.collector.identity.instrument import Instrument
from tests.collector.identity.running import client_tls
from tests.collector.test_service import collector, refused, settings_file
from tests.free_ports import free_port

CODE = re.compile(r"^((?:[0-9A-Z]{4}-){3}[0-9A-Z]{4})  for (\S+), once, until 20\d\d-\d\d-\d\d \d\d:\d\d UTC$", re.M)


def call(*arguments: str | Path) -> str:
    """Run the command, which must do it, and return what it says."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def settings(own_certificates: Path, tmp_path: Path) -> Path:
    """Return the settings of a collector that enrols instruments; the port of enrolment is a free one."""
    path = settings_file(tmp_path, own_certificates, broker_port=free_port())
    text = path.read_text().replace("port = 0\n", f'port = 0\nrevocation_list = "{own_certificates}/revoked.pem"\n', 1)
    path.write_text(
        text
        + f"""
[enrolment]
host = "127.0.0.1"
port = {free_port()}
authority = "{own_certificates}/authority.crt"
authority_key = "{own_certificates}/authority.key"
"""
    )
    return path


def enrolment_url(settings: Path) -> str:
    """Return where a collector with these settings enrols."""
    found = re.search(r'\[enrolment\]\nhost = "127.0.0.1"\nport = (\d+)', settings.read_text())
    assert found is not None
    return f"https://127.0.0.1:{found[1]}/enrolments"


def ask(settings: Path, request: EnrolmentRequest) -> httpx.Response:
    """Ask for a certificate as an instrument does that trusts nobody yet: the proofs are what it believes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with httpx.Client(verify=context) as client:
        return client.post(enrolment_url(settings), content=request.encode())


def test_an_instrument_comes_goes_on_and_is_taken_back(settings: Path, own_certificates: Path, tmp_path: Path) -> None:
    """Breaks when the parts of identity work, and a clinic that uses them from first code to revocation does not."""
    with collector(settings) as (process, _, pictures):
        said = CODE.search(call("enrol", "chair-7", "--settings", settings, "--valid-for", "5m"))
        assert said is not None
        assert said[2] == "chair-7"
        code, instrument = said[1], Instrument("chair-7")
        stranger = Instrument("chair-7").enrolment("0000-0000-0000-0000")
        answer = ask(settings, stranger)
        assert (answer.status_code, answer.text) == (403, REFUSAL)

        request = instrument.enrolment(code)
        answer = ask(settings, request)
        assert answer.status_code == 200, answer.text
        got = EnrolmentAnswer.model_validate_json(answer.content)
        proof = answer_proof(code_letters(code), request.nonce, CLINIC, got.certificate, got.authority)
        assert got.proof == proof
        assert "chair-7  until" in call("enrol", "--list", "--settings", settings)

        mine = tmp_path / "instrument"
        mine.mkdir()
        (mine / "authority.crt").write_text(got.authority)
        instrument.install(mine, got.certificate)
        picture = f"{pictures}images/{'0' * 64}"
        with httpx.Client(verify=client_tls(mine, "chair-7")) as https:
            assert https.head(picture).status_code == 404
            renewed = https.post(f"{pictures}certificates", content=instrument.renewal())
            assert renewed.status_code == 200, renewed.text
            assert RenewalAnswer.model_validate_json(renewed.content).certificate == got.certificate, "a fresh one"
            output = call("revoke", "chair-7", "--folder", own_certificates)
            assert output.startswith("revoked chair-7: 1 certificate, in ")
            assert https.head(picture).status_code == 403
            assert https.post(f"{pictures}certificates", content=instrument.renewal()).status_code == 403
        with httpx.Client(verify=client_tls(own_certificates, DEVICE)) as other:
            assert other.head(picture).status_code == 404
        assert call("revoke", "chair-7", "--folder", own_certificates).startswith("kept ")
        process.terminate()
        _, log = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Enrolled chair-7" in log
    assert "Traceback" not in log
    for secret in (code, code_letters(code), request.proof):
        assert secret not in log


def test_the_codes_command_says_what_it_does(settings: Path, tmp_path: Path) -> None:
    """Breaks when a code is given that cannot be used, is shown again, or cannot be taken back."""
    given_with: list[str | Path] = ["--settings", settings]
    first = call("enrol", "chair-7", *given_with)
    assert CODE.search(first)
    second = call("enrol", "chair-7", "--valid-for", "2d", *given_with)
    assert "holds no more" in second
    found = CODE.search(second)
    assert found is not None
    listed = call("enrol", "--list", *given_with)
    assert listed.startswith("chair-7  until ")
    assert "not used yet" in listed
    assert found[1] not in listed
    assert call("enrol", "chair-7", "--withdraw", *given_with).startswith("withdrawn")
    assert call("enrol", "chair-7", "--withdraw", *given_with) == "there is no code of chair-7\n"
    assert call("enrol", "--list", *given_with) == "there are no codes\n"
    for wrong in ("0m", "8d", "60", "1w", "-1m", "99999h"):
        assert "7d" in refused(["enrol", "chair-7", "--valid-for", wrong, *given_with])
    for reserved in (COLLECTOR_USER, "server", "authority"):
        assert reserved in refused(["enrol", reserved, *given_with])
    assert "Chair" in refused(["enrol", "Chair 1", *given_with])
    assert "--list" in refused(["enrol", *given_with])
    assert "--list" in refused(["enrol", "chair-7", "--list", *given_with])
    (tmp_path / "plain").mkdir()
    plain = tmp_path / "plain" / "collector.toml"
    plain.write_text(settings.read_text().partition("[enrolment]")[0])
    assert "[enrolment]" in refused(["enrol", "chair-7", "--settings", plain])
    (tmp_path / "state").rename(tmp_path / "away")
    (tmp_path / "state").write_text("in the way")
    assert "state" in refused(["enrol", "chair-7", *given_with])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("list", "revocation_list"),
        ("no list", "trichoscope-collector certificates"),
        ("authority's key", "[enrolment]"),
        ("open key", "chmod 600"),
        ("another's key", "does not belong"),
    ],
)
def test_what_keeps_the_collector_from_judging_is_said_at_its_start(
    settings: Path, own_certificates: Path, damage: str, words: str
) -> None:
    """Breaks when a collector starts that cannot tell revoked instruments from others, or cannot enrol as it should."""
    key = own_certificates / "authority.key"
    match damage:
        case "list":
            (own_certificates / "revoked.pem").write_text("damaged")
        case "no list":
            (own_certificates / "revoked.pem").unlink()
        case "authority's key":
            key.unlink()
        case "open key":
            key.chmod(0o644)
        case _:
            key.write_bytes((own_certificates / "server.key").read_bytes())
    assert words in refused(["run", "--settings", settings])


def test_revoking_says_what_is_wrong(own_certificates: Path, tmp_path: Path) -> None:
    """Breaks when a slip looks like a revocation, or ends in a traceback."""
    assert "chair-9" in refused(["revoke", "chair-9", "--folder", own_certificates])
    assert "Chair 1" in refused(["revoke", "Chair 1", "--folder", own_certificates])
    assert "nowhere" in refused(["revoke", DEVICE, "--folder", tmp_path / "nowhere"])
    assert "revoked chair-1: 1 certificate," in call("revoke", DEVICE, "--folder", own_certificates)
    assert "revoked" in refused(["certificates", "--folder", own_certificates, "--client", DEVICE])


@pytest.fixture
def own_broker(own_certificates: Path, tmp_path: Path) -> Broker:
    """Return a broker of a clinic of its own, which does not run yet."""
    folder = tmp_path / "broker"
    folder.mkdir()
    return Broker(folder, own_certificates)


def is_let_in(broker: Broker, name: str) -> bool:
    """Return whether the broker answers a client's CONNECT."""
    context = client_tls(broker.certificates, name)
    try:
        with (
            socket.create_connection(("127.0.0.1", broker.port), timeout=5) as bare,
            context.wrap_socket(bare, server_hostname="localhost") as tls,
        ):
            tls.sendall(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x0a\x00\x00\x03abc")
            return tls.recv(1) == b"\x20"
    except OSError:
        return False


def test_the_broker_started_anew_lets_no_revoked_instrument_in(own_broker: Broker, own_certificates: Path) -> None:
    """Breaks when a stolen instrument stays connected, or comes back, after what the units do on a revocation."""
    own_broker.start()
    try:
        with Client(own_broker, DEVICE) as stolen, Client(own_broker, OTHER_DEVICE) as other:
            health = str(Topic(CLINIC, OTHER_DEVICE, Channel.HEALTH))
            assert other.publish(health, b"x") < 0x80
            call("revoke", DEVICE, "--folder", own_certificates)
            assert stolen.is_connected(), "the list alone ends no connection: that is why the broker is started anew"
            own_broker.stop()
            own_broker.start()
            await_true(lambda: not stolen.is_connected(), "the revoked instrument's connection ends")
        assert not is_let_in(own_broker, DEVICE)
        assert is_let_in(own_broker, OTHER_DEVICE)
        with Client(own_broker, OTHER_DEVICE) as again:
            assert again.publish(health, b"x") < 0x80
    finally:
        own_broker.stop()


def test_broker_and_certificates_of_a_renewed_authority_fit(
    own_broker: Broker, own_certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a renewed authority, server or instrument no longer believes those that were not renewed yet."""
    kept = {name: (own_certificates / f"{name}.crt").read_bytes() for name in ("authority", OTHER_DEVICE)}
    monkeypatch.setattr("collector.authority.is_due", lambda _certificate, _now: True)
    output = call("certificates", "--folder", own_certificates, "--client", DEVICE)
    assert [line.split()[0] for line in output.splitlines()] == ["renewed"] * 3
    assert (own_certificates / f"{OTHER_DEVICE}.crt").read_bytes() == kept[OTHER_DEVICE]
    own_broker.start()
    try:
        assert is_let_in(own_broker, DEVICE)
        assert is_let_in(own_broker, OTHER_DEVICE)
        call("revoke", DEVICE, "--folder", own_certificates)
        own_broker.stop()
        own_broker.start()
        assert not is_let_in(own_broker, DEVICE)
        (own_certificates / "authority.crt").write_bytes(kept["authority"])  # an instrument that has the old one only
        assert is_let_in(own_broker, OTHER_DEVICE)
    finally:
        own_broker.stop()
