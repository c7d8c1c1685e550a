"""A patient's series from drawn scalps, as a clinic holds it: photographed, measured and compared as on the device."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import cv2

from analysis import Optics as SeenOptics
from analysis import measure
from collector.ingestion.decisions import Accepted
from collector.pictures.folder import PicturesInFolder
from collector.store.store import Store
from contract import Calibration, Capture, Channel, Comparison, Measurement, Picture, Site, Topic
from contract.change import NoiseFloor
from device.comparing import changed
from phantom import Optics, Pose, ScalpSettings, clip, gain, grow, lose, photograph, regrow, wash
from tests.examples import capture, compared, comparison

PATIENT = "P-0042"
CLINIC = "riverside"
_FIRST = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
_DAYS = 92
_POSES = (Pose(), Pose((0.35, -0.25), 6.0), Pose((-0.45, 0.3), -9.0))
_TOPIC = Topic(CLINIC, "chair-1", Channel.CAPTURE)


def _floor(figure: str, difference: Literal["counted", "matched"], difference_sd: float) -> NoiseFloor:
    return NoiseFloor(
        figure=figure, difference=difference, source="donor", difference_sd=difference_sd, degrees=24, subjects=12
    )


_FLOORS = (
    _floor("hair_density_per_cm2", "matched", 1.6),
    _floor("terminal_density_per_cm2", "matched", 1.5),
    _floor("mean_diameter_um", "matched", 0.6),
    _floor("hair_density_per_cm2", "counted", 7.0),
    _floor("mean_diameter_um", "counted", 1.4),
)  # made up: no clinic has found its own yet


@dataclass(frozen=True)
class Course:
    """What becomes of a site: the share of hairs won and lost before each visit after the first."""

    site: Site
    won_and_lost: Sequence[tuple[float, float]]
    seed: int


THICKENING = Course(Site.VERTEX, ((0.06, 0.02), (0.08, 0.03)), 41)
STEADY = Course(Site.OCCIPITAL, ((0.02, 0.02), (0.02, 0.03)), 77)


def hold_series(folder: Path, courses: Sequence[Course], size_px: tuple[int, int]) -> tuple[Store, PicturesInFolder]:
    """Fill a clinic's store and pictures; whoever calls closes the store.

    Parameters
    ----------
    folder
        Where they are made.
    courses
        The sites.
    size_px
        Of the pictures, at 5.3 um/px.
    """
    store, pictures = Store(folder / "collector.sqlite3"), PicturesInFolder(folder / "pictures")
    for course in courses:
        captures = _captures(course, size_px, pictures)
        found = [_compared(captures[0], later) for later in captures[1:]]
        messages: list[Capture | Comparison] = [*captures, *found]
        store.store_batch([Accepted(_TOPIC, one, one.encode()) for one in messages], _FIRST)
    return store, pictures


def _captures(course: Course, size_px: tuple[int, int], pictures: PicturesInFolder) -> list[Capture]:
    optics = Optics(size_px=size_px)
    scalp = grow(ScalpSettings(size_mm=(size_px[0] * 0.0053, size_px[1] * 0.0053), margin_mm=2.5), course.seed)
    captures = []
    for visit, (won, lost) in enumerate(((0.0, 0.0), *course.won_and_lost), start=1):
        seed = course.seed + 10 * visit
        scalp = gain(lose(scalp, lost, seed), won, seed + 1)
        grown = scalp if visit == 1 else regrow(scalp, 60, seed)
        seen = photograph(wash(clip(grown, 0.7, seed), seed), optics, pose=_POSES[visit - 1], seed=seed).picture
        measurement = measure(seen, SeenOptics(optics.um_per_px, 0.005))
        coded = cv2.imencode(".png", seen)[1].tobytes()
        captures.append(
            capture(
                site=course.site,
                visit_number=visit,
                taken_at=_FIRST + timedelta(days=_DAYS * (visit - 1)),
                sequence=seed,
                simulated=True,
                lens="16 mm f/4",
                light="cross",
                calibration=Calibration(
                    um_per_px=optics.um_per_px,
                    standard_uncertainty_um_per_px=0.005,
                    source="target",
                    made_at=_FIRST - timedelta(days=3),
                    certificate_id="DG-100",
                ),
                picture=_held(coded, pictures),
                measurement=Measurement.model_validate(measurement.as_dict()),
            )
        )
    return captures


def _held(coded: bytes, pictures: PicturesInFolder) -> Picture:
    sha256 = hashlib.sha256(coded).hexdigest()
    incoming = pictures.receive(sha256)
    incoming.write(coded)
    incoming.finish()
    return Picture(sha256=sha256, media_type="image/png", size_bytes=len(coded))


def _compared(earlier: Capture, later: Capture) -> Comparison:
    return comparison(
        site=earlier.site,
        baseline=compared(earlier),
        followup=compared(later),
        change=changed(earlier, later),
        noise_floors=_FLOORS,
        sequence=later.sequence,
    )
