"""How old the frame on the screen is over 5 Mbit/s, beside the usual stream of JPEGs over HTTP.

Instrument and browser run in a network namespace of their own whose loopback sends 5 Mbit/s (tc tbf) in packets of an
Ethernet's size: both directions share it, which is a little worse than a link that has each.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np

from benchmarks.chair import browsing
from benchmarks.chair.program import PREVIEW_PX
from benchmarks.chair.shown import Shown, age_s, rate_per_s
from benchmarks.targets import Bound
from device.demo.processes import started

Row: TypeAlias = tuple[str, str, str, str]

FRESH = Bound("s", "age of the shown frame, 95th percentile", high=0.3, digits=2, unit="s")
_RATE = ("rate", "5mbit", "burst", "6kb", "latency", "400ms")
_PORT, _PEER_PORT = 8090, 8091  # known in the namespace alone
_SETTLING_S = 5.0
_TOOLS_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def why_not() -> str | None:
    """Return why no slow link can be played here, None if one can."""
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    missing = [name for name in ("ip", "tc") if shutil.which(name, path=_TOOLS_PATH) is None]
    return f"{', '.join(missing)} cannot be found here" if missing else browsing.why_not()


def rows(runs: int) -> list[Row]:
    """Watch for `runs` seconds over the slow link, and word what is asked and reached."""
    what = "5 Mbit/s (namespace, tc), in Chromium"
    if (reason := why_not()) is not None:
        return [(what, FRESH.asked(), reason, "not measured")]
    with tempfile.TemporaryDirectory() as folder:
        ours = measure(Path(folder), runs)
    with tempfile.TemporaryDirectory() as folder:
        peers = measure_peer(Path(folder), runs)
    ours_s, peers_s = age_s(ours, 95), age_s(peers, 95)
    return [
        (
            f"{what}, {runs} s: {FRESH.words}",
            FRESH.asked(),
            f"{FRESH.shown(ours_s)} (median {age_s(ours, 50):.2f} s, at {rate_per_s(ours):.1f} frames/s, "
            f"{np.median([one.width_px for one in ours]):.0f} px wide)",
            FRESH.verdict(ours_s),
        ),
        (
            "the same camera as multipart/x-mixed-replace, a thread for each client, to a client that only decodes",
            "-",
            f"{FRESH.shown(peers_s)} (median {age_s(peers, 50):.2f} s, at {rate_per_s(peers):.1f} frames/s)",
            "peer",
        ),
    ]


def measure(folder: Path, for_s: float) -> list[Shown]:
    """Return what a tab shows over the slow link, once its quality has settled."""
    with (
        _slow_machine() as space,
        browsing.chair(folder, _PORT, space=space),
        browsing.chromium(folder, space) as browser,
    ):
        tab = browsing.open_tab(browser, _PORT)
        tab.wait_for_timeout(1000 * _SETTLING_S)
        (shown,) = browsing.watch([tab], for_s)
    return shown


def measure_peer(folder: Path, for_s: float) -> list[Shown]:
    """Return what a client of the usual stream has decoded over the same link."""
    peer = [sys.executable, "-m", "benchmarks.chair.peer_mjpeg"]
    with _slow_machine() as space:
        serving = [*space, *peer, "serve", str(_PEER_PORT), str(folder)]
        with started("peer", serving, folder / "peer.log") as program:
            program.wait_for_line("peer ready", browsing.WITHIN_S)
            client = [*space, *peer, "watch", str(_PEER_PORT), str(_SETTLING_S), str(for_s)]
            said = subprocess.run(client, capture_output=True, text=True, check=True, timeout=60 + 2 * for_s)
    times = (line.split() for line in said.stdout.splitlines())
    return [Shown(float(taken_s), float(at_s), PREVIEW_PX[0]) for taken_s, at_s in times]


@contextmanager
def _slow_machine() -> Iterator[tuple[str, ...]]:
    """Give the command that runs another in a namespace whose loopback is slow."""
    space = f"tricho{os.getpid()}s"
    _run("ip", "netns", "add", space)
    try:
        _run("ip", "-n", space, "link", "set", "lo", "mtu", "1500", "up")
        _run("ip", "netns", "exec", space, "tc", "qdisc", "add", "dev", "lo", "root", "tbf", *_RATE)
        yield (shutil.which("ip", path=_TOOLS_PATH) or "ip", "netns", "exec", space)
    finally:
        _run("ip", "netns", "delete", space)


def _run(*command: str) -> None:
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PATH": _TOOLS_PATH}
    )
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} failed: {ended.stderr.strip()}")
