"""A study's captures without their hairs, and which of them counts: one of each patient's site at each visit.

Which one that is, is said where it is said for all pages: :func:`collector.store.order.order_taken` puts takes in
order, and the last that nobody rejected counts (:mod:`collector.page.visits`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from collector.store.order import order_taken
from contract import Capture, InstrumentChange, Verdict, instrument_changes


class Scale(NamedTuple):
    """Where a scale came from, as :class:`contract.Calibration` says it."""

    record_id: UUID | None
    source: str
    um_per_px: float


class TakenWith(NamedTuple):
    """What a capture says of the instrument that took it: never changed, whatever is said of the capture."""

    boot_id: UUID
    sequence: int
    simulated: bool
    forced: bool
    camera: str
    camera_identity: str | None
    lens: str | None
    light: str | None
    calibration: Scale

    @property
    def parts(self) -> tuple[object, ...]:
        """What the instrument is made of and set to."""
        return self[4:]


@dataclass(frozen=True, slots=True)
class Take:
    """A capture as a study sees it.

    Parameters
    ----------
    message_id, device_id, patient_code, visit_number, site, taken_at, verdict
        Of the capture.
    instrument
        What took it.
    rejected, corrected
        By the word that stands.
    value
        The study's figure, by the corrected hairs where they were corrected; None where it was not measurable.
    """

    message_id: UUID
    device_id: str
    patient_code: str
    visit_number: int
    site: str
    taken_at: datetime
    verdict: Verdict
    instrument: TakenWith
    rejected: bool
    corrected: bool
    value: float | None

    # As of the capture itself: what orders takes and tells instruments apart asks for these.
    @property
    def boot_id(self) -> UUID:
        """Of the instrument."""
        return self.instrument.boot_id

    @property
    def sequence(self) -> int:
        """By which the instrument counts what it sends."""
        return self.instrument.sequence

    @property
    def camera(self) -> str:
        """The model."""
        return self.instrument.camera

    @property
    def camera_identity(self) -> str | None:
        """Which of its model."""
        return self.instrument.camera_identity

    @property
    def lens(self) -> str | None:
        """By its name."""
        return self.instrument.lens

    @property
    def light(self) -> str | None:
        """The ring that was lit."""
        return self.instrument.light

    @property
    def calibration(self) -> Scale:
        """Where the scale came from."""
        return self.instrument.calibration


class Place(NamedTuple):
    """What one capture counts for."""

    patient_code: str
    visit_number: int
    site: str


@dataclass(frozen=True)
class Taken:
    """A study's captures.

    Parameters
    ----------
    counted
        The one that counts of each place; a place of which none does is missing.
    rejected, earlier
        Takes that do not count, as somebody said so or a later one does.
    left_out
        Takes of simulated instruments, or of real ones where the study is a rehearsal.
    """

    counted: Mapping[Place, Take]
    rejected: tuple[Take, ...]
    earlier: tuple[Take, ...]
    left_out: tuple[Take, ...]

    def at(self, patient_code: str, visit_number: int, site: str) -> Take | None:
        """Return the take that counts for a place; None where none does."""
        return self.counted.get(Place(patient_code, visit_number, site))

    def value(self, patient_code: str, visit_number: int, site: str) -> float | None:
        """Return the figure at a place; None where there is none."""
        take = self.at(patient_code, visit_number, site)
        return None if take is None else take.value


def taken_of(takes: Iterable[Take], *, simulated: bool) -> Taken:
    """Say which of a study's takes count.

    Parameters
    ----------
    takes
        Of the study's patients, visits and sites, in any order.
    simulated
        Whether those of simulated instruments count, and they alone.
    """
    of_patients: dict[str, list[Take]] = defaultdict(list)
    left_out = []
    for take in takes:
        if take.instrument.simulated == simulated:
            of_patients[take.patient_code].append(take)
        else:
            left_out.append(take)
    counted: dict[Place, Take] = {}
    rejected, earlier = [], []
    for code in sorted(of_patients):
        for take in _in_order(of_patients[code]):
            if take.rejected:
                rejected.append(take)
                continue
            place = Place(code, take.visit_number, take.site)
            if place in counted:
                earlier.append(counted[place])
            counted[place] = take
    return Taken(counted, tuple(rejected), tuple(earlier), tuple(left_out))


def changed_between(earlier: Take, later: Take) -> tuple[InstrumentChange, ...]:
    """Name what of the instrument is another at a later take."""
    if earlier.device_id == later.device_id and earlier.instrument.parts == later.instrument.parts:
        return ()
    return instrument_changes(cast("Capture", earlier), cast("Capture", later))  # asks for what a take has too


def _in_order(takes: Sequence[Take]) -> list[Take]:
    if len({(take.visit_number, take.site) for take in takes}) == len(takes):
        return list(takes)
    return [takes[place] for place in order_taken(cast("Sequence[Capture]", takes))]  # asks for what a take has too
