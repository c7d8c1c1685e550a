"""The network between chair and clinic: two network namespaces and the link between them, to cut and to choke.

Both namespaces have no other name than their processes, and go with them.
"""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.delivery.chaos.disks import run
from benchmarks.delivery.chaos.programs import ENDS_WITH_THIS_PROCESS

_CLINIC, _DEVICE = "10.214.0.1", "10.214.0.2"  # seen by nobody but the two sides
_LINK_THERE, _LINK_HERE = "chair0", "clinic0"
_HELD_WITHIN_S, _READY_WITHIN_S = 5.0, 10.0
_LOSS = """
table inet chaos {{
  chain arriving {{ type filter hook input priority 0; iifname "{link}" numgen random mod 100 < {percent} drop; }}
  chain leaving {{ type filter hook output priority 0; oifname "{link}" numgen random mod 100 < {percent} drop; }}
}}
"""


class Loopback:
    """No network between the sides: where namespaces cannot be made, both are on this machine's loopback."""

    address = "127.0.0.1"

    def on_the_device(self, command: list[str]) -> list[str]:
        """Return the command that runs a command on the device's side."""
        return command


class Link:
    """A link between the clinic's side, which is this process's namespace, and a namespace for the device.

    Parameters
    ----------
    until : ExitStack
        Ends the device's side.
    """

    address = _CLINIC

    def __init__(self, until: ExitStack) -> None:
        holder = subprocess.Popen([*ENDS_WITH_THIS_PROCESS, "unshare", "--net", "sleep", "3600"])
        until.callback(holder.wait)
        until.callback(holder.kill)
        self._there = Path(f"/proc/{holder.pid}/ns/net")
        _wait_for_another(self._there)
        end_there = ["peer", "name", _LINK_THERE, "netns", str(holder.pid)]
        run(["ip", "link", "add", _LINK_HERE, "type", "veth", *end_there])
        run(["ip", "link", "set", "lo", "up"])
        run(["ip", "address", "add", f"{_CLINIC}/24", "dev", _LINK_HERE])
        run(["ip", "link", "set", _LINK_HERE, "up"])
        run(self.on_the_device(["ip", "link", "set", "lo", "up"]))
        run(self.on_the_device(["ip", "address", "add", f"{_DEVICE}/24", "dev", _LINK_THERE]))
        run(self.on_the_device(["ip", "link", "set", _LINK_THERE, "up"]))

    def on_the_device(self, command: list[str]) -> list[str]:
        """Return the command that runs a command on the device's side."""
        return ["nsenter", f"--net={self._there}", *command]

    def set_up(self, up: bool) -> None:
        """Plug the cable in, or out."""
        run(["ip", "link", "set", _LINK_HERE, "up" if up else "down"])

    def set_rate(self, kbit_per_s: float | None) -> None:
        """Bound the rate of both directions, or no longer."""
        bound = ["tbf", "rate", f"{kbit_per_s:g}kbit", "burst", "64kb", "latency", "200ms"] if kbit_per_s else []
        act = "add" if kbit_per_s else "del"
        run(["tc", "qdisc", act, "dev", _LINK_HERE, "root", *bound])
        run(self.on_the_device(["tc", "qdisc", act, "dev", _LINK_THERE, "root", *bound]))

    def set_loss(self, percent: float | None) -> None:
        """Lose so many of a hundred packets in each direction, or none any more."""
        rules = _LOSS.format(link=_LINK_HERE, percent=round(percent)) if percent else "delete table inet chaos\n"
        subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)  # noqa: S607  found by rights.py


def _wait_for_another(namespace: Path) -> None:
    own, end_s = Path("/proc/self/ns/net").readlink(), time.monotonic() + _HELD_WITHIN_S
    while namespace.readlink() == own:
        if time.monotonic() > end_s:
            raise RuntimeError("The device's network namespace could not be made.")
        time.sleep(0.005)


class SpoiltConnections:
    """The proxy of `benchmarks.delivery.chaos.proxy` as a process on the device's side.

    Parameters
    ----------
    command : list of str
        That starts it.
    log : Path
    until : ExitStack
        Ends it.
    """

    def __init__(self, command: list[str], log: Path, until: ExitStack) -> None:
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*ENDS_WITH_THIS_PROCESS, *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until.callback(self._end)
        end_s = time.monotonic() + _READY_WITHIN_S
        while "proxy ready" not in log.read_text():
            if self._process.poll() is not None or time.monotonic() > end_s:
                raise RuntimeError(f"The fault proxy did not start; its log is {log}.")
            time.sleep(0.02)

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def tell(self, **changes: float) -> None:
        """Change fields of the proxy's `Spoiling`, or ``reset=True``."""
        if self._process.stdin is None:
            raise RuntimeError("The fault proxy has no standard input.")
        self._process.stdin.write(json.dumps(changes).encode() + b"\n")
        self._process.stdin.flush()
