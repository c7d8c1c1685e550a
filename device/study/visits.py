"""What daily use tells of the noise: bursts, sites taken twice at a visit, and the donor control over visits."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from uuid import UUID

from analysis.noise.agreement import Spread
from analysis.noise.floor import NoiseFloor, Source, floor_of_bursts
from analysis.noise.repeat_study import FigureStudy
from contract import DONOR_CONTROL, Capture, Comparison, Measurement, Verdict
from device.sites import rejected, reviews_of_visit
from device.store import Store
from device.study.figures import study
from device.study.folder import StudyUnfit
from device.study.matched import matched_floors


@dataclass(frozen=True, slots=True)
class DailyNoise:
    """What the store tells.

    Parameters
    ----------
    studies
        Of sites taken twice at one visit, and of the donor control over visits.
    floors
        Of those, of bursts, and of the donor control's matched hairs.
    """

    studies: tuple[FigureStudy, ...]
    floors: tuple[NoiseFloor, ...]


def noise_of(store: Store) -> DailyNoise:
    """Work out what the instrument's own captures tell of its noise.

    Only captures count that the gate let pass and nobody rejected, and that are like the newest of them: in camera and
    lens, in how hair was taken to be, in what is called terminal, and in being simulated or not. A picture counts once,
    and a comparison where both of its captures do.

    Parameters
    ----------
    store
        The instrument's.

    Raises
    ------
    StudyUnfit
        If nothing was repeated yet.
    """
    captures = _alike(_read(store))
    studies = [
        *study(_measurements(_by_visit(captures)), Source.PLACEMENT),
        *study(_measurements(_donor_visits(captures)), Source.DONOR),
    ]
    changes = _donor_changes(store, {capture.message_id for capture in captures})
    floors = [*(one.floor for one in studies), *_of_bursts(captures), *changes]
    if not floors:
        raise StudyUnfit(
            f"{store.folder}: no burst, no site taken twice and no second visit with the occipital site yet. Set"
            " [capture] stills = 3, or take a study's pictures and name their folder."
        )
    return DailyNoise(tuple(studies), tuple(floors))


def _read(store: Store) -> list[Capture]:
    rows = store.connection.execute(
        "SELECT payload FROM message WHERE channel = 'capture' AND state <> 'held' ORDER BY sequence"
    )
    captures = [Capture.model_validate_json(payload) for (payload,) in rows]
    visits = {(capture.patient_code, capture.visit_number) for capture in captures}
    not_counted = frozenset[UUID]().union(*(rejected(reviews_of_visit(store, *visit)) for visit in visits))
    return [
        capture
        for capture in captures
        if capture.quality.verdict is not Verdict.REFUSE and capture.message_id not in not_counted
    ]


def _alike(captures: list[Capture]) -> list[Capture]:
    once = list({capture.picture.sha256: capture for capture in captures}.values())
    return [capture for capture in once if _circumstances(capture) == _circumstances(once[-1])]


def _circumstances(capture: Capture) -> Hashable:
    measured = capture.measurement
    return (
        capture.simulated,
        capture.camera_identity,
        capture.lens,
        capture.light,
        measured.hair_mode,
        measured.terminal_from_um,
    )


def _by_visit(captures: list[Capture]) -> list[list[Capture]]:
    groups: dict[Hashable, list[Capture]] = defaultdict(list)
    for capture in captures:
        groups[capture.patient_code, capture.visit_number, capture.site].append(capture)
    return list(groups.values())


def _donor_visits(captures: list[Capture]) -> list[list[Capture]]:
    """Take the last capture of each visit's donor control, by patient, in the order of visits."""
    visits: dict[str, dict[int, Capture]] = defaultdict(dict)
    for capture in captures:
        if capture.site == DONOR_CONTROL:
            visits[capture.patient_code][capture.visit_number] = capture
    return [[by_number[number] for number in sorted(by_number)] for by_number in visits.values()]


def _measurements(groups: list[list[Capture]]) -> list[list[Measurement]]:
    return [[capture.measurement for capture in group] for group in groups]


def _of_bursts(captures: Iterable[Capture]) -> list[NoiseFloor]:
    spreads: dict[str, list[Spread]] = defaultdict(list)
    for capture in captures:
        if (burst := capture.repeatability) is not None:
            spreads["hair_density_per_cm2"].append(Spread(burst.hair_density_sd_per_cm2, burst.stills - 1))
            if burst.mean_diameter_sd_um is not None:
                spreads["mean_diameter_um"].append(Spread(burst.mean_diameter_sd_um, burst.stills - 1))
    floors = (floor_of_bursts(figure, of_figure) for figure, of_figure in spreads.items())
    return [floor for floor in floors if floor is not None]


def _donor_changes(store: Store, known: set[Hashable]) -> list[NoiseFloor]:
    """Take the last comparison of each patient's donor control, so that no picture is in two of them."""
    rows = store.connection.execute(
        "SELECT payload FROM message WHERE channel = 'change' AND site = ? ORDER BY sequence", (str(DONOR_CONTROL),)
    )
    last: dict[str, Comparison] = {}
    for (payload,) in rows:
        comparison = Comparison.model_validate_json(payload)
        if {comparison.baseline.message_id, comparison.followup.message_id} <= known:
            last[comparison.patient_code] = comparison
    return matched_floors((comparison.change for comparison in last.values()), Source.DONOR)
