"""A study's figures as charts, each with the rows of the table that says the same.

Pooled over all arms while the study is blinded: what is not given here cannot be drawn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from markupsafe import Markup

from collector.page import words
from collector.page.charts.box_plot import TONES, DrawnBox, Group, box_plot, even_ticks, reach_of
from collector.page.charts.forest import Block, Line, Mark, forest
from collector.page.charts.study_words import StudyWords
from collector.statistics.distribution import Box, box
from collector.studies.plan import StudyPlan
from collector.studies.results import Difference
from collector.studies.takes import Taken


@dataclass(frozen=True)
class BoxRow:
    """One box as a row: where, when, of whom."""

    place: str
    visit_number: int
    arm: str
    box: Box


@dataclass(frozen=True)
class Panel:
    """The boxes of one site."""

    title: str
    is_donor: bool
    drawing: Markup


@dataclass(frozen=True)
class BoxPlots:
    """All panels on one axis, and their figures as rows."""

    panels: tuple[Panel, ...]
    rows: tuple[BoxRow, ...]


def tones_of(plan: StudyPlan) -> dict[str, int]:
    """Return the tone of each arm, the reference first."""
    return {arm: at % TONES for at, arm in enumerate(plan.arm_codes)}


def box_plots(
    plan: StudyPlan, patients: Sequence[str], taken: Taken, said: StudyWords, arm_of: Mapping[str, str] | None
) -> BoxPlots:
    """Draw the study's figure by site and visit.

    Parameters
    ----------
    plan, patients, taken
        Of the study.
    said
        Writes its figure.
    arm_of
        Each patient's arm; None while the study is blinded: all arms are pooled.
    """
    places: list[tuple[str, tuple[str, ...]]] = [(words.site(site, said.language), (site,)) for site in plan.all_sites]
    if len(plan.sites) > 1:
        places.insert(0, (said.language.words("All treated sites, each patient's mean"), plan.sites))
    rows: list[BoxRow] = []
    drawn: list[tuple[str, bool, list[Group]]] = []
    for name, sites in places:
        groups = []
        for visit in plan.visits:
            of_arms = _values(patients, taken, visit, sites, arm_of)
            codes = [code for code in (plan.arm_codes if arm_of is not None else ("",)) if of_arms.get(code)]
            found = [BoxRow(name, visit, code, box(of_arms[code])) for code in codes]
            rows += found
            groups.append(
                Group(
                    said.language.words("Visit {number}").format(number=visit),
                    [DrawnBox(row.box, row.arm, tones_of(plan).get(row.arm, 0), _words(row, said)) for row in found],
                )
            )
        drawn.append((name, sites == (plan.donor,), groups))
    reaches = [reach for _, _, groups in drawn if (reach := reach_of(groups)) is not None]
    if not reaches:
        return BoxPlots((), ())
    ticks = even_ticks(min(low for low, _ in reaches), max(high for _, high in reaches))
    panels = [
        Panel(name, is_donor, box_plot(groups, ticks, title=f"{said.name}: {name}", number=said.number))
        for name, is_donor, groups in drawn
        if reach_of(groups) is not None
    ]
    return BoxPlots(tuple(panels), tuple(rows))


def differences_chart(plan: StudyPlan, differences: Sequence[Difference], said: StudyWords) -> Markup | None:
    """Draw each arm's difference against the reference arm by each method; None where there is none."""
    _ = said.language.words
    blocks = []
    for one in differences:
        methods = (
            (_("Adjusted (ANCOVA)"), Mark.SQUARE, one.adjusted.difference if one.adjusted else None),
            (_("Not adjusted"), Mark.CIRCLE, one.plain.difference if one.plain else None),
            (_("Mixed model"), Mark.DIAMOND, one.mixed),
        )
        lines = [
            Line(name, mark, interval, said.change(interval.value, interval))
            for name, mark, interval in methods
            if interval is not None
        ]
        if lines:
            blocks.append(Block(one.title, tones_of(plan)[one.arm], lines))
    if not blocks:
        return None
    reference = plan.title_of(plan.reference)
    return forest(
        blocks,
        title=_("Difference of the change of {figure} against {reference}, in {unit}, with 95 % intervals").format(
            figure=said.name, reference=reference, unit=said.unit
        ),
        less=_("less than {reference}").format(reference=reference),
        more=_("more than {reference}").format(reference=reference),
        number=said.number,
    )


def _values(
    patients: Sequence[str], taken: Taken, visit: int, sites: Sequence[str], arm_of: Mapping[str, str] | None
) -> dict[str, list[float]]:
    """Return one value a patient, by arm; under no arm's code where all are pooled."""
    found: dict[str, list[float]] = defaultdict(list)
    for code in patients:
        measured = [value for site in sites if (value := taken.value(code, visit, site)) is not None]
        if measured:
            found["" if arm_of is None else arm_of[code]].append(fmean(measured))
    return found


def _words(row: BoxRow, said: StudyWords) -> str:
    shown = said.language.words("median {median}, middle half {lower} to {upper}, {count} patients").format(
        median=said.value(row.box.median),
        lower=said.value(row.box.lower_hinge),
        upper=said.value(row.box.upper_hinge),
        count=row.box.count,
    )
    visit = said.language.words("Visit {number}").format(number=row.visit_number)
    return f"{visit}{', ' + row.arm if row.arm else ''}: {shown}."
