"""The collector as it is started: by its command, with real certificates, broker and sockets."""

import hashlib
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from collector.broker import COLLECTOR_USER
from collector.commands import main
from collector.server import listen
from contract import Channel, Outcome, Picture, Receipt, Topic
from tests.collector.conftest import Broker, Client, await_true
from tests.collector.examples import CLINIC, DEVICE
from tests.examples import PICTURE_BYTES, capture, png
from tests.free_ports import free_port
from tests.system.signed_in import signed_in

COMMAND = [sys.executable, "-c", "from collector.commands import main; main()"]
FIRST = re.compile(r"first administrator: (http://127\.0\.0\.1:\d+)/first/\S+ \(once, within a day\)")
READY = re.compile(r"collector ready: page (http://127\.0\.0\.1:\d+/) pictures (https://127\.0\.0\.1:\d+/) broker .+")


def settings_file(folder: Path, certificates: Path, *, broker_port: int, page_port: int = 0, page: str = "") -> Path:
    """Write a collector's settings, on free ports unless told."""
    path = folder / "collector.toml"
    path.write_text(
        f"""
clinic_id = "{CLINIC}"
state_folder = "{folder / "state"}"

[broker]
host = "127.0.0.1"
port = {broker_port}
authority = "{certificates}/authority.crt"
certificate = "{certificates}/{COLLECTOR_USER}.crt"
key = "{certificates}/{COLLECTOR_USER}.key"

[pictures]
host = "127.0.0.1"
port = 0
authority = "{certificates}/authority.crt"
certificate = "{certificates}/server.crt"
key = "{certificates}/server.key"

[page]
port = {page_port}
{page}
"""
    )
    return path


@contextmanager
def collector(settings: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Run the collector; give its process and the addresses of page and pictures once it is ready."""
    process = subprocess.Popen(
        [*COMMAND, "run", "--settings", settings], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        first = FIRST.match(line)
        if first is not None:  # there is no administrator yet
            line = process.stdout.readline()
        ready = READY.match(line)
        if ready is None:
            process.kill()
            pytest.fail(f"not ready: {line!r} {process.communicate()[1]}")
        assert first is None or ready[1] == f"{first[1]}/"
        yield process, ready[1], ready[2]
    finally:
        process.kill()
        process.communicate()


def device_tls(certificates: Path) -> ssl.SSLContext:
    """Return how a device speaks HTTPS."""
    context = ssl.create_default_context(cafile=certificates / "authority.crt")
    context.load_cert_chain(certificates / f"{DEVICE}.crt", certificates / f"{DEVICE}.key")
    return context


def test_capture_and_picture_go_all_the_way_to_the_page(mosquitto: Broker, certificates: Path, tmp_path: Path) -> None:
    """Breaks when the parts work and the service composed of them does not."""
    content = png(bytes(2_000_000))
    name = hashlib.sha256(content).hexdigest()
    shown = capture(picture=Picture(sha256=name, media_type="image/png", size_bytes=len(content)))
    settings = settings_file(tmp_path, certificates, broker_port=mosquitto.port)
    with (
        collector(settings) as (_, page, pictures),
        signed_in(settings, page) as clinician,
        Client(mosquitto, DEVICE) as device,
    ):
        device.subscribe(str(Topic(CLINIC, DEVICE, Channel.RECEIPT)))
        await_true(lambda: httpx.get(f"{page}healthz").status_code == 200, "the broker is connected")
        device.send(str(Topic(CLINIC, DEVICE, Channel.CAPTURE)), [shown.encode()])
        assert Receipt.model_validate_json(device.received.get(timeout=10)[1]).outcome is Outcome.STORED
        assert "Picture pending" in clinician.get(f"captures/{shown.message_id}").text
        with httpx.Client(verify=device_tls(certificates)) as https:
            address = f"{pictures}images/{name}"
            assert https.put(address, content=content, headers={"If-None-Match": "*"}).status_code == 201
            assert https.put(address, content=content, headers={"If-None-Match": "*"}).status_code == 200
            large = https.put(f"{pictures}images/{'0' * 64}", content=content * 30)
            assert large.status_code == 413
        assert clinician.get(f"pictures/{name}").content == content
        assert content not in httpx.get(f"{page}pictures/{name}", follow_redirects=True).content
        without_certificate = ssl.create_default_context(cafile=certificates / "authority.crt")
        with httpx.Client(verify=without_certificate) as stranger, pytest.raises(httpx.TransportError):
            stranger.put(f"{pictures}images/{name}", content=PICTURE_BYTES)


@contextmanager
def unfinished_put(certificates: Path, pictures: str) -> Iterator[None]:
    """Hold a connection on which a picture has begun and does not go on."""
    address = httpx.URL(pictures)
    assert address.port is not None
    with (
        socket.create_connection((address.host, address.port)) as plain,
        device_tls(certificates).wrap_socket(plain, server_hostname=address.host) as connection,
    ):
        head = f"PUT /images/{'0' * 64} HTTP/1.1\r\nHost: {address.host}\r\nContent-Length: 100000\r\n\r\n"
        connection.sendall(head.encode() + PICTURE_BYTES)
        yield


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_everything_cleanly(certificates: Path, tmp_path: Path, number: int) -> None:
    """Breaks when the service manager has to kill the collector, or a stop in mid-picture is logged as a fault."""
    settings = settings_file(tmp_path, certificates, broker_port=free_port())
    incoming = tmp_path / "state" / "pictures" / "incoming"
    with (
        collector(settings) as (process, page, pictures),
        httpx.Client() as idle,
        unfinished_put(certificates, pictures),
    ):
        assert idle.get(f"{page}healthz").status_code == 503
        await_true(lambda: any(incoming.iterdir()), "the picture has begun to arrive")
        began_s = time.monotonic()
        process.send_signal(number)
        _, log = process.communicate(timeout=10)
        assert time.monotonic() - began_s < 5
        assert process.returncode == 0, log
        assert "Traceback" not in log
        assert list(incoming.iterdir()) == []
    assert not list((tmp_path / "state").glob("*-wal")), "the store was not closed"


def test_killed_collector_starts_again_with_everything(mosquitto: Broker, certificates: Path, tmp_path: Path) -> None:
    """Breaks when a crash leaves a store or a picture folder that the next start cannot use."""
    settings = settings_file(tmp_path, certificates, broker_port=mosquitto.port)
    shown = capture()
    with Client(mosquitto, DEVICE) as device:
        device.subscribe(str(Topic(CLINIC, DEVICE, Channel.RECEIPT)))
        with collector(settings) as (process, page, _):
            await_true(lambda: httpx.get(f"{page}healthz").status_code == 200, "the broker is connected")
            device.send(str(Topic(CLINIC, DEVICE, Channel.CAPTURE)), [shown.encode()])
            device.received.get(timeout=10)
            process.kill()
            process.wait()
        (tmp_path / "state" / "pictures" / "incoming" / "half").write_bytes(b"x")
        with collector(settings) as (_, page, _), signed_in(settings, page) as clinician:
            assert shown.patient_code in clinician.get("/").text
            assert not (tmp_path / "state" / "pictures" / "incoming" / "half").exists()


def refused(arguments: list[str | Path]) -> str:
    """Run the command, which must refuse, and return its one sentence."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    return result.stderr


def test_port_in_use_is_said_in_a_sentence(certificates: Path, tmp_path: Path) -> None:
    """Breaks when a second collector on one machine ends in a traceback, or starts without its page."""
    settings = settings_file(tmp_path, certificates, broker_port=free_port())
    with collector(settings) as (_, page, _):
        port = int(page.rstrip("/").rpartition(":")[2])
        second = tmp_path / "second"
        second.mkdir()
        taken = settings_file(second, certificates, broker_port=free_port(), page_port=port)
        sentence = refused(["run", "--settings", taken])
    assert f"127.0.0.1:{port}" in sentence
    assert "[page]" in sentence


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ('host = "0.0.0.0"', "need TLS"),
        ('host = "clinic.example"', "need TLS"),
        ('colour = "red"', "colour"),
    ],
)
def test_wrong_settings_are_said_with_line_and_key(certificates: Path, tmp_path: Path, line: str, word: str) -> None:
    """Breaks when the page can be opened to a network by a slip, or an unknown key is silently ignored."""
    sentence = refused(["run", "--settings", settings_file(tmp_path, certificates, broker_port=1883, page=line)])
    assert word in sentence
    assert "collector.toml" in sentence


@pytest.mark.parametrize("table", ["broker", "pictures"])
@pytest.mark.parametrize("host", ["", "a..b", "x" * 64, "a." * 127, "a\\u0000b"])
def test_host_that_no_resolver_takes_is_said_with_line_and_key(
    certificates: Path, tmp_path: Path, table: str, host: str
) -> None:
    """Breaks when a slip in a host's name ends the collector only after it has said that it is ready."""
    settings = settings_file(tmp_path, certificates, broker_port=8883)
    before, header, after = settings.read_text().partition(f"[{table}]\n")
    settings.write_text(before + header + after.replace("127.0.0.1", host, 1))
    line = before.count("\n") + 2
    sentence = refused(["run", "--settings", settings])
    assert f"line {line}: setting '{table}.host'" in sentence
    assert sentence.count("\n") == 1


def test_dead_peers_are_noticed() -> None:
    """Breaks when instruments that lost their power hold their connections until the service takes no more."""
    with listen("pictures", "127.0.0.1", 0) as listening:
        address: tuple[str, int] = listening.getsockname()
        with socket.create_connection(address), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            idle_s, interval_s, count = (
                accepted.getsockopt(socket.IPPROTO_TCP, option)
                for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
            )
    assert idle_s + interval_s * count <= 60


def test_missing_files_are_said(certificates: Path, tmp_path: Path) -> None:
    """Breaks when a wrong path ends in a traceback."""
    assert "nowhere.toml" in refused(["run", "--settings", tmp_path / "nowhere.toml"])
    settings = settings_file(tmp_path, certificates, broker_port=free_port())
    good = settings.read_text()
    settings.write_text(good.replace("collector.key", "absent.key"))
    assert "[broker]" in refused(["run", "--settings", settings])
    settings.write_text(good.replace("server.key", "absent.key"))
    assert "[pictures]" in refused(["run", "--settings", settings])
    settings.write_text(good.replace(str(tmp_path / "state"), os.devnull))
    assert os.devnull in refused(["run", "--settings", settings])


def test_certificates_and_broker_are_made_by_command(tmp_path: Path) -> None:
    """Breaks when the two commands that set a clinic up do not, or say something else than they did."""
    folder, runner = tmp_path / "certificates", CliRunner()
    arguments = ["certificates", "--folder", str(folder), "--server", "clinic.example", "--client", "chair-1"]
    first, second = runner.invoke(main, arguments), runner.invoke(main, arguments)
    assert [line.split()[0] for line in first.output.splitlines()] == ["made"] * 3
    assert [line.split()[0] for line in second.output.splitlines()] == ["kept"] * 3
    written = tmp_path / "broker"
    options: list[str | Path] = ["broker", "--clinic", CLINIC, "--folder", written]
    assert "authority.crt" in refused([*options, "--certificates", tmp_path])
    assert "Riverside" in refused(["broker", "--clinic", "Riverside", "--folder", written, "--certificates", folder])
    assert "nobody-here" in refused([*options, "--certificates", folder, "--user", "nobody-here"])
    result = runner.invoke(main, [*map(str, options), "--certificates", str(folder), "--port", "1234"])
    assert result.exit_code == 0
    assert {path.name for path in written.iterdir()} == {"mosquitto.conf", "acl", "persistence"}
    assert "listener 1234" in (written / "mosquitto.conf").read_text()
    assert "Chair" in refused(["certificates", "--folder", folder, "--client", "Chair 1"])
    (folder / "server.key").rename(tmp_path / "elsewhere.key")
    assert "server.key" in refused([*options, "--certificates", folder])
    handed = ["--certificates", str(folder), "--server-key", str(tmp_path / "elsewhere.key")]
    assert runner.invoke(main, [*map(str, options), *handed]).exit_code == 0
    (folder / "revoked.pem").unlink()
    assert "revoked.pem" in refused([*options, "--certificates", folder])


def test_every_command_explains_itself() -> None:
    """Breaks when a command or an option has no help, or what it works on is not told there."""
    for name, command in main.commands.items():
        assert command.help, name
        for parameter in command.params:
            explained = getattr(parameter, "help", None) or (parameter.name or "").upper() in command.help
            assert explained, f"{name} {parameter.name}"
    assert "0.1.0" in CliRunner().invoke(main, ["--version"]).output
