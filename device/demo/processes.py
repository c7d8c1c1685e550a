"""Programs started for the demonstration, each with a log of its own, and none left behind."""

import contextlib
import signal
import socket
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

_STOP_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.05

_ENDS_WITH_THIS_PROCESS = ("setpriv", "--pdeathsig", "TERM")
"""Should this process be killed without a chance to clean up, its programs end too."""


class DemoFailed(RuntimeError):
    """The demonstration cannot start or go on; the message says why and what to do."""


class Program:
    """A running program.

    Parameters
    ----------
    name
        What it is called in messages.
    arguments
        The command line.
    log
        Where its output goes.
    """

    def __init__(self, name: str, arguments: Sequence[str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [*_ENDS_WITH_THIS_PROCESS, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the demonstration alone, which then stops them in order
            )

    def stop(self) -> None:
        """End it: asked first, killed if it does not."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def check_alive(self) -> None:
        """Raise DemoFailed with the end of its log if it has ended."""
        if self.process.poll() is not None:
            lines = self.log.read_text(errors="replace").strip().splitlines() or ["(it said nothing)"]
            raise DemoFailed(f"The {self.name} ended at once: {lines[-1]}")

    def wait_for_line(self, start: str, within_s: float) -> str:
        """Wait until it prints a line that begins with ``start``, and return that line."""
        for _ in _moments(within_s):
            self.check_alive()
            for line in self.log.read_text(errors="replace").splitlines():
                if line.startswith(start):
                    return line
        raise DemoFailed(f"The {self.name} was not ready within {within_s:.0f} s; its log is {self.log}.")

    def wait_for_port(self, port: int, within_s: float) -> None:
        """Wait until it accepts connections on a port of this machine."""
        for _ in _moments(within_s):
            self.check_alive()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        raise DemoFailed(
            f"The {self.name} did not listen on port {port} within {within_s:.0f} s; its log is {self.log}."
        )


@contextlib.contextmanager
def started(name: str, arguments: Sequence[str], log: Path) -> Iterator[Program]:
    """Start a program, and stop it at the end of the block."""
    program = Program(name, arguments, log)
    try:
        yield program
    finally:
        program.stop()


def own_program(name: str) -> str:
    """Return the path of one of this distribution's console programs."""
    path = Path(sysconfig.get_path("scripts")) / name
    if not path.exists():
        raise DemoFailed(f"{name} is not installed beside this Python. Install the project with its collector extra.")
    return str(path)


def refuse_used_port(port: int, option: str) -> None:
    """Raise DemoFailed if something listens on ``port`` already."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise DemoFailed(
                f"Port {port} is in use: end the program that uses it (perhaps another demo), or choose another port"
                f" with {option}."
            ) from error


def run_to_the_end(command: list[str]) -> int:
    """Run a program whose words go to standard output, and return its exit code; interrupted, it is ended too."""
    process = subprocess.Popen([*_ENDS_WITH_THIS_PROCESS, *command], start_new_session=True)
    try:
        while process.poll() is None:
            look_around()
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process.returncode


_asked_to_end = threading.Event()


def note_requests_to_end() -> None:
    """Let Ctrl-C, a stop and a closed terminal end the demonstration in :func:`look_around` only.

    An exception raised at once could come between a program's start and the first hold on it, and leave it running.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a shell's background job would ignore even Ctrl-C
        signal.signal(number, lambda *_: _asked_to_end.set())


def look_around() -> None:
    """Pause for a moment; raise KeyboardInterrupt if the demonstration was asked to end."""
    if _asked_to_end.wait(_LOOK_EVERY_S):
        raise KeyboardInterrupt


def _moments(within_s: float) -> Iterator[None]:
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        yield
        look_around()
