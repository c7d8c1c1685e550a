"""The demonstration, as README runs it."""

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from device.demo.processes import own_program
from tests.free_ports import free_ports


def demo(*options: str) -> list[str]:
    """Return the demonstration's command line on free ports."""
    ports = free_ports()
    numbers = ("--broker-port", ports.broker, "--pictures-port", ports.pictures, "--page-port", ports.page)
    chair = ("--chair-port", str(ports.chair))
    return [own_program("trichoscope"), "demo", *map(str, numbers), *chair, *options]


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which the demonstration works below a folder."""
    return {**os.environ, "TMPDIR": str(folder)}


def left_behind(folder: Path) -> list[str]:
    """Return the command lines of processes that name a folder, and what is left in it."""
    lines = [str(path) for path in folder.iterdir()]
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            lines.append(line)
    return lines


@pytest.mark.parametrize("broker_kind", ["mosquitto", "iotcore"])
def test_one_visit_arrives_whole_and_right(tmp_path: Path, broker_kind: str) -> None:
    """Breaks when the whole way is interrupted anywhere, a density is wrong, or a process stays behind."""
    result = subprocess.run(
        demo("--once", "--broker", broker_kind),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    rows = [line for line in result.stdout.splitlines() if re.search(r" right +(pass|warn) +stored *$", line)]
    assert len(rows) == 6, result.stdout
    pages = "demo: The clinic's pages show the patient and the report to a clinician, and to nobody else."
    assert pages in result.stdout.splitlines()
    assert left_behind(tmp_path) == []


def ignore_interrupts() -> None:
    """Do as a shell does to its background jobs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_leaves_no_process_behind(number: signal.Signals, tmp_path: Path) -> None:
    """Breaks when Ctrl-C, a stop or a closed terminal leaves broker, collector or device running."""
    with subprocess.Popen(
        demo(),
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=ignore_interrupts,  # noqa: PLW1509  no thread runs here
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("demo: device runs"):
                break
        process.send_signal(number)
        process.stdout.read()
        assert process.wait(30) == 130
    assert left_behind(tmp_path) == []


def test_a_port_in_use_is_one_sentence() -> None:
    """Breaks when a taken port ends in a traceback or in a demonstration that talks to a stranger's program."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = demo("--once")
        command[command.index("--page-port") + 1] = str(taken.getsockname()[1])
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 2
    assert re.fullmatch(r"Error: Port \d+ is in use: .*--page-port\.\n", result.stderr)
