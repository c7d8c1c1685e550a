"""What changed at a site between two captures, as other systems read it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from analysis.noise.floor import CHANGES, Call
from collector.interface.resource import Shown
from collector.interface.shown.figures import Figure, figure
from collector.report.change_figures import NAMES, change_figures
from collector.report.floors import floor_of_change
from contract import Change, ComparedCapture, Comparison


class ShownCompared(Shown):
    """One of the two captures."""

    id: UUID
    visit_number: int
    taken_at: datetime


class FigureChange(Shown):
    """The change of one figure, later less earlier, and what is said of it beside the instrument's own noise."""

    name: str = Field(
        description=f"One of {', '.join(NAMES)}; by matched hairs, but for the last, which is of two separate counts."
    )
    change: Figure | None = Field(description="Null where the pictures do not support it.")
    called_from: float | None = Field(
        description="A change smaller than this is called none: the noise floor, in the figure's unit; null where the"
        " instrument knew none.",
    )
    call: Call = Field(description="What is said of it.")


class HairCounts(Shown):
    """What became of the hairs of the shared area."""

    kept: int
    new: int
    lost: int
    thicker: int = Field(description="Of the kept ones.")
    thinner: int = Field(description="Of the kept ones.")
    terminal_to_vellus: int
    vellus_to_terminal: int


class SiteChange(Shown):
    """A comparison of two captures of one site."""

    id: UUID = Field(description="Of the comparison.")
    baseline: ShownCompared
    followup: ShownCompared
    counts: bool = Field(description="Whether neither of the two captures was rejected by a person.")
    same_place: float = Field(description="Probability that both pictures show one place.", ge=0, le=1)
    shared_area_cm2: float | None
    hairs: HairCounts | None = Field(description="Null where hairs could not be matched.")
    figures: tuple[FigureChange, ...]
    flags: tuple[str, ...]


class Changes(Shown):
    """A site's changes: of each later capture the newest comparison, by visit and time."""

    changes: tuple[SiteChange, ...]
    next: UUID | None = Field(description="Ask with `after` this for the next part; null where this is the last.")


def change(comparison: Comparison, *, counts: bool) -> SiteChange:
    """Return a comparison."""
    travelled = comparison.change
    return SiteChange(
        id=comparison.message_id,
        baseline=_compared(comparison.baseline),
        followup=_compared(comparison.followup),
        counts=counts,
        same_place=travelled.same_place,
        shared_area_cm2=travelled.shared_area_cm2,
        hairs=_hairs(travelled),
        figures=tuple(_figures(comparison)),
        flags=travelled.flags,
    )


def _figures(comparison: Comparison) -> list[FigureChange]:
    shown = []
    for one in change_figures(comparison):
        interval = getattr(comparison.change, one.field)
        floor = floor_of_change(comparison, one.field)
        shown.append(
            FigureChange(
                name=one.field,
                change=None if interval is None else figure(CHANGES[one.field][0], interval),
                called_from=None if floor is None else floor.called_from,
                call=one.call,
            )
        )
    return shown


def _hairs(change: Change) -> HairCounts | None:
    if change.transform is None:
        return None
    return HairCounts(
        kept=change.matched,
        new=change.new,
        lost=change.lost,
        thicker=change.thicker,
        thinner=change.thinner,
        terminal_to_vellus=change.terminal_to_vellus,
        vellus_to_terminal=change.vellus_to_terminal,
    )


def _compared(one: ComparedCapture) -> ShownCompared:
    return ShownCompared(id=one.message_id, visit_number=one.visit_number, taken_at=one.taken_at)
