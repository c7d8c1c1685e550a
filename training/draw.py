"""Draw the lessons: ``python -m training.draw --into FOLDER``; interrupted, it goes on where it stopped."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from hashlib import sha256
from pathlib import Path

import click
import cv2
import numpy as np
from rich.progress import track

from analysis.view import UM_PER_PX
from training.curriculum import LESSONS, lesson
from training.targets import planes

_ROOM = Path(__file__).parents[1]
_DRAWN_BY = (
    "analysis/learned/evidence.py",
    "analysis/view.py",
    "phantom/*.py",
    "training/curriculum.py",
    "training/targets.py",
)
_DIGEST_NAME = "drawn-by.sha256"


class LessonsOfOtherCode(Exception):
    """The folder holds lessons that other code drew: with new ones beside them, nobody could say what was learned."""


def draw(folder: Path, numbers: Iterable[int], workers: int) -> None:
    """Draw the lessons that the folder does not hold yet.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    numbers : iterable of int
        Of the lessons.
    workers : int
        Processes, each on one core and with 0.2 GB of memory.

    Raises
    ------
    LessonsOfOtherCode
        If phantom, curriculum or targets are no longer those that drew what is there.
    """
    _claim(folder)
    missing = [number for number in numbers if not path_of(folder, number).exists()]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_as_worker) as pool:
        drawn = [pool.submit(write, folder, number) for number in missing]
        try:
            for each in track(as_completed(drawn), "Drawing lessons", total=len(drawn)):
                each.result()
        finally:
            pool.shutdown(cancel_futures=True)


def write(folder: Path, number: int) -> None:
    """Draw one lesson: the picture ``x`` and the planes ``y`` that the network shall give for it."""
    drawn = lesson(number)
    # the network takes every picture for one of its own scale: shafts seen from nearer are wider ones to it
    magnified = UM_PER_PX / drawn.truth.optics.um_per_px
    path = path_of(folder, number)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez_compressed(file, x=drawn.picture, y=planes(drawn.truth.hairs, drawn.covered, magnified))
    part.replace(path)


def path_of(folder: Path, number: int) -> Path:
    """Where a lesson lies."""
    return folder / f"{number:05d}.npz"


def _claim(folder: Path) -> None:
    """Write down by which code this folder is drawn, or see that it is the same."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = [path for pattern in _DRAWN_BY for path in sorted(_ROOM.glob(pattern))]
    digest = sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    by = folder / _DIGEST_NAME
    if not any(folder.glob("*.npz")):
        by.write_text(digest, encoding="ascii")
    elif not by.exists() or by.read_text(encoding="ascii") != digest:
        raise LessonsOfOtherCode(
            f"{folder} holds lessons of another phantom, curriculum or targets: remove it, or draw into another folder"
        )


def _as_worker() -> None:
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent lets each finish its lesson, and gives out no more


@click.command(help=__doc__)
@click.option("--into", "folder", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one a core")
@click.option("--first", type=click.IntRange(1), help="Only so many lessons, to try it out.")
def main(*, folder: Path, workers: int, first: int | None) -> None:
    """Draw the curriculum."""
    try:
        draw(folder, LESSONS[:first], workers)
    except LessonsOfOtherCode as error:
        raise click.UsageError(str(error)) from error


if __name__ == "__main__":
    main()
