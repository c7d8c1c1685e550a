"""The table of all forbidden acts: each is tried against the real programs, and a permitted one beside it succeeds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.delivery.rights import answers, certificates_asked, identity, pictures, sessions, topics
from benchmarks.delivery.rights.act import Act
from benchmarks.delivery.rights.scene import Scene

Row = tuple[str, str, str, str]
Group = Callable[[Scene], Iterator[Act]]


def tried(folder: Path) -> Iterator[Act]:
    """Try every act once.

    Parameters
    ----------
    folder
        An existing, empty folder, in which a clinic is set up.

    Yields
    ------
    Act
        What came of each.
    """
    scene = Scene(folder)
    with scene.broker():
        # before the collector runs: its certificate is lent to those who read beside the acts
        for group in (topics.writing, topics.reading, topics.collecting, sessions.sessions, topics.wills):
            yield from group(scene)
        yield from identity.at_the_broker(scene)
        yield from identity.at_the_instrument(scene)
        with scene.clinic.collector():
            yield from answers.asking(scene)
            yield from pictures.putting(scene)
            yield from identity.at_the_pictures(scene)
            yield from certificates_asked.enrolling(scene)
            yield from certificates_asked.renewing(scene)


def rows(runs: int = 1) -> list[Row]:
    """Return one line for each forbidden act, and their count; each run begins with a new clinic.

    Parameters
    ----------
    runs
        How often all of them are tried; a line shows the last try, or the first that was not refused.
    """
    worst: dict[tuple[str, str], Act] = {}
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="trichoscope-rights-") as folder:
            for act in tried(Path(folder)):
                before = worst.get((act.group, act.what))
                if before is None or (before.refused and before.control):
                    worst[act.group, act.what] = act
    acts = list(worst.values())
    refused = [act for act in acts if act.refused and act.control]
    short = len(acts) - len(refused)
    total = (
        "forbidden acts refused",
        f"{len(acts)}",
        f"{len(refused)}",
        "met" if not short else f"**short by {short}**",
    )
    return [total, *(_row(act) for act in acts)]


def _row(act: Act) -> Row:
    verdict = "met" if act.refused and act.control else "**not refused**" if act.control else "**not measured**"
    return f"{act.group}: {act.what}", "refused", act.how, verdict
