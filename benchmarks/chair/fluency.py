"""How many frames a second a browser shows, one tab and eight, while the instrument measures."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import httpx
import numpy as np

from benchmarks.chair.browsing import chair, chromium, open_tab, watch, why_not
from benchmarks.chair.program import PREVIEW_PX
from benchmarks.chair.shown import age_s, rate_per_s
from benchmarks.targets import Bound
from tests.free_ports import free_port

Row: TypeAlias = tuple[str, str, str, str]

FLUENT = Bound("per_s", "frames a second", low=15.0, digits=1, unit="/s")
EACH = Bound("per_s", "frames a second in the slowest of eight tabs", low=2.0, digits=1, unit="/s")
ANSWERS = Bound("s", "an answer of the page meanwhile, slowest", high=2.0, digits=2, unit="s")
_SETTLING_S = 3.0


@dataclass(frozen=True)
class Fluency:
    """What the tabs showed.

    Parameters
    ----------
    per_s
        Frames a second, of each tab.
    whole_per_s
        Of the first tab, those that came in the preview's whole size.
    age_p95_s
        Of the first tab.
    measured
        Measurements that ended meanwhile.
    answers_s
        How long the page took to answer another request.
    """

    per_s: list[float]
    whole_per_s: float
    age_p95_s: float
    measured: int
    answers_s: list[float]


def rows(runs: int) -> list[Row]:
    """Watch for `runs` seconds, and word what is asked and reached."""
    if (reason := why_not()) is not None:
        return [("live picture in a browser", FLUENT.asked(), reason, "not measured")]
    with tempfile.TemporaryDirectory() as folder:
        one = measure(Path(folder), runs, tabs=1)
    with tempfile.TemporaryDirectory() as folder:
        eight = measure(Path(folder), runs, tabs=8)
    slowest = min(eight.per_s)
    return [
        (
            f"1014 x 760 with meters in Chromium on loopback, {runs} s, while {one.measured} measurements ended",
            FLUENT.asked(),
            f"{FLUENT.shown(one.whole_per_s)} (with smaller ones {one.per_s[0]:.1f} /s; age of what is shown, 95th"
            f" percentile: {1000 * one.age_p95_s:.0f} ms)",
            FLUENT.verdict(one.whole_per_s),
        ),
        (
            f"eight tabs at once, while {eight.measured} measurements ended: {EACH.words}",
            EACH.asked(),
            f"{EACH.shown(slowest)} (median {np.median(eight.per_s):.1f} /s)",
            EACH.verdict(slowest),
        ),
        (
            f"eight tabs at once: {ANSWERS.words} of {len(eight.answers_s)}",
            ANSWERS.asked(),
            ANSWERS.shown(max(eight.answers_s)),
            ANSWERS.verdict(max(eight.answers_s)),
        ),
    ]


def measure(folder: Path, for_s: float, *, tabs: int) -> Fluency:
    """Watch with so many tabs while a measurement runs."""
    port = free_port()
    with chair(folder, port, measuring=True) as program, chromium(folder) as browser:
        opened = [open_tab(browser, port) for _ in range(tabs)]
        opened[0].wait_for_timeout(1000 * _SETTLING_S)
        before = program.log.read_text().count("measured")
        answers_s = [_answer_s(port) for _ in range(3)]
        shown = watch(opened, for_s)
        answers_s += [_answer_s(port) for _ in range(3)]
        measured = program.log.read_text().count("measured") - before
    whole_per_s = rate_per_s(shown[0], PREVIEW_PX[0])
    return Fluency([rate_per_s(frames) for frames in shown], whole_per_s, age_s(shown[0], 95), measured, answers_s)


def _answer_s(port: int) -> float:
    begun_s = time.perf_counter()
    httpx.get(f"http://127.0.0.1:{port}/", timeout=30.0).raise_for_status()
    return time.perf_counter() - begun_s
