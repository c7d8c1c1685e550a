"""How well hairs are found, measured and told from what is none: ours against three peers on the same pictures.

Run ``python -m benchmarks.accuracy``; it writes its section of docs/benchmarks.md and a sheet of typical errors.  The
short form, ``--limit 2`` (at most so many pictures of each class) or ``--only clipped``, prints and writes nothing.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TypeVar

import cv2

from benchmarks import coverage, real_scalps, report
from benchmarks.error_kinds import FALSE_KINDS, HAIR_KINDS, Crop, Errors, contact_sheet, errors_of
from benchmarks.peers import METHODS
from benchmarks.phantoms import CLASSES
from benchmarks.pooling import Figures, pool
from benchmarks.scoring import Score, score
from benchmarks.targets import ACCURACY, COVERAGE, REAL, Bound

OURS = "trichoscope"
ERRORS_SHEET = report.PICTURES / "errors.jpg"

Job = TypeVar("Job")
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Trial:
    """One phantom, measured by every method: score and seconds by the method's name, and our errors."""

    scores: dict[str, Score]
    seconds: dict[str, float]
    errors: Errors


@dataclass(slots=True)
class Results:
    """What a run gave; a part that did not run is empty."""

    phantoms: dict[str, dict[str, Figures]] = field(default_factory=dict)
    trials: dict[str, list[Trial]] = field(default_factory=dict)
    real: dict[str, dict[str, float]] = field(default_factory=dict)
    coverage: dict[str, coverage.Coverage] = field(default_factory=dict)


def try_phantom(named: tuple[str, int]) -> Trial:
    """Draw a class's picture of that number and measure it with every method."""
    name, number = named
    photo, rule = CLASSES[name].photograph(number), CLASSES[name].rule
    optics = photo.truth.optics
    scores, seconds, errors = {}, {}, None
    for method, find in METHODS.items():
        start = time.process_time()
        finding = find(photo.picture, optics.um_per_px, optics.blur_sigma_px)
        seconds[method] = time.process_time() - start
        scores[method] = score(finding, photo, rule)
        if method == OURS:
            errors = errors_of(finding, photo, scores[method])
    assert errors is not None  # noqa: S101 (ours is among the methods)
    return Trial(scores, seconds, errors)


def try_real(name: str) -> dict[str, tuple[dict[str, float], float]]:
    """Score every method on one real scalp."""
    picture, truth = real_scalps.read(name)
    return {method: real_scalps.scored(find, picture, truth) for method, find in METHODS.items()}


def run(classes: Iterable[str], limit: int | None, half: real_scalps.Half, *, whole: bool) -> Results:
    """Measure classes of phantoms and, for the `whole`, the real scalps and the intervals' coverage too."""
    results = Results()
    workers = min(2, os.cpu_count() or 1)
    start = partial(ProcessPoolExecutor, workers, mp_context=multiprocessing.get_context("spawn"))
    with start(initializer=cv2.setNumThreads, initargs=(1,)) as executor:  # seconds are those of one core
        for name in classes:
            count = CLASSES[name].pictures if limit is None else min(limit, CLASSES[name].pictures)
            trials = _map(executor, try_phantom, [(name, number) for number in range(count)], name)
            results.trials[name] = trials
            results.phantoms[name] = {
                method: pool(
                    [trial.scores[method] for trial in trials], sum(t.seconds[method] for t in trials) / len(trials)
                )
                for method in METHODS
            }
        if whole and real_scalps.present():
            scored = _map(executor, try_real, real_scalps.names(limit, half), "real scalps")
            results.real = {method: real_scalps.pool([one[method] for one in scored]) for method in METHODS}
        if whole:
            pictures = coverage.PICTURES if limit is None else min(4 * limit, coverage.PICTURES)
            results.coverage = coverage.pool(
                _map(executor, coverage.try_picture, list(range(pictures)), "interval coverage")
            )
    return results


def _map(executor: ProcessPoolExecutor, work: Callable[[Job], Done], jobs: list[Job], words: str) -> list[Done]:
    start = time.monotonic()
    done = list(executor.map(work, jobs))
    print(f"{words}: {len(jobs)} pictures in {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)  # noqa: T201
    return done


def described(results: Results, half: real_scalps.Half) -> str:
    """Word a run's results as Markdown."""
    parts = [_asked_and_reached(results), _peers(results)]
    if results.coverage:
        parts.append(_intervals(results))
    if results.real:
        parts.append(_real(results, half))
    elif not real_scalps.present():
        parts.append("The annotated real scalps are not beside this checkout (../shared/scalps): left out.\n")
    return "\n".join([*parts, _error_kinds(results)])


def _asked_and_reached(results: Results) -> str:
    rows = []
    if results.real:
        rows += [_row("real scalps", bound, results.real[OURS][bound.figure]) for bound in REAL]
    for name, methods in results.phantoms.items():
        reached = asdict(methods[OURS])
        rows += [_row(f"phantom: {CLASSES[name].what}", bound, reached[bound.figure]) for bound in ACCURACY[name]]
    for figure, covered in results.coverage.items():
        rows.append(_row(f"{COVERAGE.words}: {_words(figure)}", COVERAGE, covered.population, "holds the population's"))
    return "### What is asked, and what was reached\n\n" + report.table(["on", "figure", "asked", "reached", ""], rows)


def _row(on: str, bound: Bound, reached: float, words: str = "") -> list[str]:
    return [on, words or bound.words, bound.asked(), bound.shown(reached), bound.verdict(reached)]


def _peers(results: Results) -> str:
    columns: dict[str, tuple[str, Callable[[float], str]]] = {
        "f1": ("F1", "{:.3f}".format),
        "recall": ("recall", "{:.3f}".format),
        "precision": ("precision", "{:.3f}".format),
        "vellus_recall": ("vellus recall", "{:.2f}".format),
        "density_bias": ("density bias", "{:+.1%}".format),
        "density_error": ("density error", "{:.1%}".format),
        "root_right": ("root right", "{:.3f}".format),
        "kind_right": ("kind right", "{:.3f}".format),
        "with_diameter": ("with a diameter", "{:.2f}".format),
        "diameter_bias_um": ("diameter bias, um", "{:+.2f}".format),
        "diameter_error_um": ("diameter error, um", "{:.2f}".format),
        "false_per_cm2": ("false per cm2", "{:.2f}".format),
        "seconds": ("s", "{:.2f}".format),
    }
    parts = [
        "### Against the peers\n\nPooled over a class's pictures; density error is the mean over pictures of its size; "
        "seconds are of one core. On long hair a match needs the root, so every root is right.\n"
    ]
    for name, methods in results.phantoms.items():
        some = methods[OURS]
        parts.append(f"**{CLASSES[name].what}** ({some.pictures} pictures, {some.hairs} hairs)\n")
        rows = []
        for method, figures in methods.items():
            values = asdict(figures)
            rows.append(
                [method, *("-" if values[k] != values[k] else show(values[k]) for k, (_, show) in columns.items())]
            )
        parts.append(report.table(["method", *(words for words, _ in columns.values())], rows))
    return "\n".join(parts)


def _real(results: Results, half: real_scalps.Half) -> str:
    columns = ("f1", "recall", "precision", "density_bias", "density_mape", "root_right", "thin_recall", "seconds")
    rows = [[method, *(f"{figures[c]:.3f}" for c in columns)] for method, figures in results.real.items()]
    count = int(results.real[OURS]["frames"])
    words = (
        f"**Real shaved scalps** ({count} pictures, the {half} half by the name's sha1, scored by their own score.py)"
    )
    return f"{words}\n\n" + report.table(["method", *(_words(c) for c in columns)], rows)


def _intervals(results: Results) -> str:
    rows = [
        [
            _words(figure),
            str(covered.pictures),
            f"{covered.population:.1%}",
            f"{covered.frame:.1%}",
            f"{covered.off:+.1%}",
            f"{covered.half_width:.1%}",
        ]
        for figure, covered in results.coverage.items()
    ]
    head = ["figure", "pictures", "holds the population's", "holds the frame's own", "mean error", "mean half width"]
    return "### Interval coverage\n\nClipped phantoms of 0.35 cm2, each of another population.\n\n" + report.table(
        head, rows
    )


def _error_kinds(results: Results) -> str:
    """Tell of every class which hairs were missed, and on what the false ones lie."""
    rows = []
    for name, trials in results.trials.items():
        errors = [trial.errors for trial in trials]
        needed = _added(one.needed for one in errors)
        missed = _added(one.missed for one in errors)
        false = _added(one.false for one in errors)
        of_kind = [f"{missed[kind]} of {needed[kind]}" if needed[kind] else "-" for kind in HAIR_KINDS]
        rows.append([name, str(missed.total()), *of_kind, *(str(false[kind]) for kind in FALSE_KINDS)])
    head = ["class", "missed", *(f"missed: {kind}" for kind in HAIR_KINDS), *(f"false: {kind}" for kind in FALSE_KINDS)]
    return (
        "### Errors by kind\n\nOf ours; each hair under the first kind that holds (`benchmarks/error_kinds.py`).\n\n"
        + report.table(head, rows)
        + "\n![Typical errors: true hairs in green, found ones in magenta, roots circled](pictures/errors.jpg)\n"
    )


def _added(counters: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total


def _words(figure: str) -> str:
    return figure.replace("_per_cm2", "").replace("_um", "").replace("_", " ")


def sheet_of(results: Results) -> Crop | None:
    """Lay out examples of our errors, clipped dark hair and long hair first."""
    examples: dict[str, list[Crop]] = defaultdict(list)
    for name in dict.fromkeys(("clipped", "long-parted", *results.trials)):
        for trial in results.trials.get(name, []):
            for kind, crop in trial.errors.crops.items():
                examples[kind].append(crop)
    return contact_sheet(examples) if examples else None


def write_sheet(sheet: Crop) -> None:
    """Write the sheet as the best JPEG that is small enough for the repository."""
    for quality in (90, 80, 70, 60, 50, 40):
        _, packed = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if packed.nbytes <= report.MOST_BYTES:
            break
    ERRORS_SHEET.write_bytes(packed.tobytes())


def main(arguments: list[str]) -> None:
    """Run the benchmark; print its tables, and write them where all of it ran."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, help="at most so many pictures of each class; prints, does not write")
    parser.add_argument("--only", choices=sorted(CLASSES), action="append", help="this class; prints, does not write")
    parser.add_argument("--half", choices=["even", "odd", "all"], default="odd", help="of the real scalps, by sha1")
    options = parser.parse_args(arguments)
    results = run(options.only or CLASSES, options.limit, options.half, whole=not options.only)
    text = described(results, options.half)
    print(text)  # noqa: T201
    if options.limit is None and not options.only:
        report.write("accuracy", text)
        sheet = sheet_of(results)
        if sheet is not None:
            write_sheet(sheet)


if __name__ == "__main__":
    main(sys.argv[1:])
