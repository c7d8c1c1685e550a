"""How long a measurement takes and how much memory, against scikit-image's ridge filters, and how its cost grows.

Run ``python -m benchmarks.speed``; it writes its section of docs/benchmarks.md and a plot.  ``--short`` measures small
pictures, prints and writes nothing.  All methods get the same decoded picture in the same run; times are wall times
with all cores that the machine offers.  The ridge filters (Sato 1998, Frangi 1998) are only the first step of
counting hairs: what they give is no hair yet.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np

from analysis import Optics as KnownOptics
from analysis import measure
from benchmarks import cost_growth, report
from benchmarks.peers import Picture
from benchmarks.phantoms import FIRST_SEED
from benchmarks.targets import SPEED
from phantom import Optics, Photograph, ScalpSettings, grow, photograph

UM_PER_PX, WHOLE_PX, SHORT_PX = 2.65, (4056, 3040), (1014, 760)
DENSITY_PER_CM2 = 175.0
"""Some 150 hairs on the 0.86 cm2 of the whole picture."""
SIGMAS_PX = (3.0, 4.5, 6.0, 7.5)
"""The ridge filters' scales, for shafts of 26 to 70 um (a bar answers best to 0.29 of its width)."""
REPEATS = 5
SEED = FIRST_SEED + 900_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall seconds, median of several runs, and peak memory above the interpreter in MB."""

    seconds: float
    peak_mb: float


def ours(picture: Picture) -> None:
    """Measure as the instrument does."""
    measure(picture, KnownOptics(UM_PER_PX, blur_sigma_px=0.9))


def sato(picture: Picture) -> None:
    """Filter by scikit-image's sato."""
    # an optional package (`bench`): only the ridge filters need it
    from skimage import filters  # noqa: PLC0415

    filters.sato(_grey(picture), sigmas=SIGMAS_PX, black_ridges=True)


def frangi(picture: Picture) -> None:
    """Filter by scikit-image's frangi."""
    from skimage import filters  # noqa: PLC0415

    filters.frangi(_grey(picture), sigmas=SIGMAS_PX, black_ridges=True)


METHODS: dict[str, Callable[[Picture], None]] = {"trichoscope": ours, "sato": sato, "frangi": frangi}


def clipped(size_px: tuple[int, int], density_per_cm2: float = DENSITY_PER_CM2) -> Photograph:
    """Draw the clipped picture of the speed table."""
    settings = ScalpSettings(hair_density_per_cm2=density_per_cm2, size_mm=_seen_mm(size_px))
    return photograph(grow(settings, SEED), Optics(um_per_px=UM_PER_PX, size_px=size_px), seed=SEED)


def long(size_px: tuple[int, int]) -> Photograph:
    """Draw the long, parted picture of the speed table."""
    settings = ScalpSettings(
        hair_density_per_cm2=100.0,
        size_mm=_seen_mm(size_px),
        parted=True,
        length_mm=(14.0, 2.0),
        curl_per_mm=0.03,
        taper_per_mm=0.004,
        margin_mm=8.0,
    )
    return photograph(grow(settings, SEED), Optics(um_per_px=UM_PER_PX, size_px=size_px), seed=SEED)


def cost(method: str, picture: Picture, repeats: int) -> Cost:
    """Time a method on a picture and measure its memory in a process of its own."""
    METHODS[method](picture[:300, :400])  # what is loaded once is not part of a picture's cost
    return Cost(seconds(lambda: METHODS[method](picture), repeats), peak_mb(method, picture))


def seconds(work: Callable[[], None], repeats: int) -> float:
    """Median wall seconds of `work`."""
    spent = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return median(spent)


def peak_mb(method: str, picture: Picture) -> float:
    """Peak memory of a fresh process that loads the picture and runs the method, less what stood after imports."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.npy"
        np.save(path, picture)
        ran = subprocess.run(
            [sys.executable, "-m", "benchmarks.peak_memory", method, str(path)],
            cwd=Path(__file__).resolve().parent.parent,
            capture_output=True,
            text=True,
            check=True,
        )
    return float(ran.stdout.split()[-1])


def described(costs: dict[str, dict[str, Cost]], hairs: dict[str, int], size_px: tuple[int, int]) -> str:
    """Word the costs as Markdown."""
    asked, rows = [], []
    for name, methods in costs.items():
        own = methods["trichoscope"]
        reached: dict[str, Any] = {"seconds": own.seconds, "peak_mb": own.peak_mb}
        if "sato" in methods:
            reached["against_sato"] = methods["sato"].seconds / own.seconds
        asked += [
            [name, b.words, b.asked(), b.shown(reached[b.figure]), b.verdict(reached[b.figure])] for b in SPEED[name]
        ]
        rows += [
            [name, method, f"{c.seconds:.2f}", f"{c.seconds / own.seconds:.1f}", f"{c.peak_mb:.0f}"]
            for method, c in methods.items()
        ]
    width, height = size_px
    counts = ", ".join(f"{name} with {count} rooted hairs" for name, count in hairs.items())
    return (
        f"Pictures of {width} x {height} px at {UM_PER_PX} um/px, decoded: {counts}. Ridge filters: scikit-image on "
        f"grey float32, sigmas {', '.join(f'{s:g}' for s in SIGMAS_PX)} px.\n\n"
        + report.table(["picture", "figure", "asked", "reached", ""], asked)
        + "\n"
        + report.table(["picture", "method", "s", "times ours", "peak MB above the interpreter"], rows)
    )


def _grey(picture: Picture) -> Any:  # noqa: ANN401 (an array of OpenCV's)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32) / np.float32(255)


def _seen_mm(size_px: tuple[int, int]) -> tuple[float, float]:
    width, height = (side * UM_PER_PX / 1000.0 for side in size_px)
    return width, height


def main(arguments: list[str]) -> None:
    """Run the benchmark; print its tables, and write them where all of it ran."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="small pictures; prints, does not write")
    options = parser.parse_args(arguments)
    size_px, repeats = (SHORT_PX, 1) if options.short else (WHOLE_PX, REPEATS)
    costs: dict[str, dict[str, Cost]] = {}
    hairs: dict[str, int] = {}
    for name, photo in (("clipped", clipped(size_px)), ("long", long(size_px))):
        hairs[name] = len(photo.truth.rooted_in())
        costs[name] = {"trichoscope": cost("trichoscope", photo.picture, repeats)}
        if name == "clipped":
            costs[name] |= {peer: cost(peer, photo.picture, 1) for peer in ("sato", "frangi")}
    text = described(costs, hairs, size_px)
    shares = (1 / 24, 1 / 12, 1 / 6, 1 / 3) if options.short else (1 / 12, 1 / 6, 1 / 2, 1, 2)
    grown = cost_growth.measured(
        {side_px: clipped(side_px) for side_px in cost_growth.sizes_px(WHOLE_PX, shares)},
        {per_cm2: clipped(size_px, per_cm2) for per_cm2 in (0.0, 50.0, 100.0, 200.0, 400.0)},
        lambda picture: seconds(lambda: ours(picture), min(3, repeats)),
    )
    text += "\n" + cost_growth.described(grown)
    print(text)  # noqa: T201
    if not options.short:
        cost_growth.plot(grown, report.PICTURES / "cost.svg")
        report.write("speed", text)


if __name__ == "__main__":
    main(sys.argv[1:])
