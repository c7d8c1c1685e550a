"""What a report of a site's series says: everything that the page shows, taken from stored messages as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.page import figures, words
from collector.report.change_figures import HEADLINE, ChangeFigure, Count, against_donor, change_figures, counts
from collector.report.head import site_on_head
from collector.report.remarks import of_reviews, remarks
from collector.report.series import SiteSeries
from collector.report.series_charts import ShownChart, change_chart, figure_charts
from collector.report.side_by_side import OpenPicture, Pair, Panel, as_taken, pair
from collector.report.visit_table import VisitTable, visit_tables
from contract import DONOR_CONTROL, Comparison, Visit

_OF_DONOR = (
    "This site is the donor control itself, which does not thin: a change here tells of the instrument or its handling."
)


@dataclass(frozen=True)
class Part:
    """The change at one site between two visits."""

    comparison: Comparison
    figures: tuple[ChangeFigure, ...]
    counts: tuple[Count, ...]

    @property
    def headline(self) -> ChangeFigure:
        """The change in density by matched hairs."""
        return next(figure for figure in self.figures if figure.field == HEADLINE)

    @property
    def floors_from(self) -> tuple[str, ...]:
        """Where its noise floors are known from, each source once."""
        return tuple(dict.fromkeys(figure.floor_from for figure in self.figures if figure.floor_from))


@dataclass(frozen=True)
class Report:
    """A report of one patient's site, ready to be shown.

    ``latest`` is the comparison of the latest visit that has one, ``donor`` that of the donor control over the same two
    visits; ``remarks`` say what limits them, and ``reviews`` what people said of the captures. ``pictures`` are None
    where not both captures have arrived; ``only_picture`` is the newest where nothing was compared.
    """

    clinic_id: str
    patient_code: str
    site: SiteSeries
    made_at: datetime
    head_map: str
    facts: tuple[tuple[str, str], ...]
    simulated: bool
    is_donor: bool
    latest: Part | None
    donor: Part | None
    donor_words: tuple[str, ...]
    remarks: tuple[str, ...]
    reviews: tuple[str, ...]
    change_chart: ShownChart | None
    charts: tuple[ShownChart, ...]
    donor_drawn: bool
    pictures: Pair | None
    only_picture: Panel | None
    tables: tuple[VisitTable, ...]
    software: tuple[str, ...]
    messages: tuple[tuple[str, str], ...]


def contents(
    *,
    clinic_id: str,
    patient_code: str,
    site: SiteSeries,
    donor: SiteSeries,
    visits: Sequence[Visit],
    open_picture: OpenPicture,
    made_at: datetime,
) -> Report:
    """Put a report together.

    Parameters
    ----------
    clinic_id, patient_code
        Whose it is.
    site, donor
        The series of the site and of the donor control, which may be the same.
    visits
        What instruments said of the patient's visits.
    open_picture
        Where pictures are.
    made_at
        When the report is made.
    """
    is_donor = site.site == DONOR_CONTROL
    latest = site.latest
    beside = None if is_donor or latest is None else _over_the_same_visits(donor, latest)
    part = None if latest is None else _part(latest)
    donor_part = None if beside is None else _part(beside)
    donor_drawn = not is_donor and bool(donor.captures)
    used = (*site.captures, *site.comparisons, *(() if beside is None else (beside,)))
    return Report(
        clinic_id=clinic_id,
        patient_code=patient_code,
        site=site,
        made_at=made_at,
        head_map=site_on_head(site.site, donor_taken=bool(donor.captures)),
        facts=tuple(_facts(site)),
        simulated=any(capture.simulated for capture in site.captures),
        is_donor=is_donor,
        latest=part,
        donor=donor_part,
        donor_words=_donor_words(part, donor_part, is_donor=is_donor),
        remarks=() if latest is None else remarks(site, latest, beside),
        reviews=(
            *of_reviews(site),
            *(() if is_donor else (f"Donor control: {said}" for said in of_reviews(donor))),
        ),
        change_chart=change_chart(site, donor if donor_drawn else None),
        charts=tuple(figure_charts(site, donor if donor_drawn else None)),
        donor_drawn=donor_drawn,
        pictures=None if latest is None else _pictures(site, latest, open_picture),
        only_picture=as_taken(site.captures[-1], open_picture) if latest is None and site.captures else None,
        tables=tuple(visit_tables(site, visits)),
        software=tuple(dict.fromkeys(message.software_version for message in used)),
        messages=tuple(_message_ids(site, beside)),
    )


def _part(comparison: Comparison) -> Part:
    return Part(comparison, tuple(change_figures(comparison)), tuple(counts(comparison.change)))


def _over_the_same_visits(donor: SiteSeries, comparison: Comparison) -> Comparison | None:
    beside = donor.comparison_at(comparison.followup.visit_number)
    same = beside is not None and beside.baseline.visit_number == comparison.baseline.visit_number
    return beside if same else None


def _donor_words(part: Part | None, donor: Part | None, *, is_donor: bool) -> tuple[str, ...]:
    if is_donor:
        return (_OF_DONOR,)
    if part is None:
        return ()
    return tuple(against_donor(part.headline, None if donor is None else donor.headline))


def _facts(site: SiteSeries) -> list[tuple[str, str]]:
    captures = site.captures
    if not captures:
        return []
    ends = [f"{one.visit_number} ({figures.day(one.taken_at)})" for one in (captures[0], captures[-1])]
    cameras = dict.fromkeys(
        f"{one.camera}{f', lens {one.lens}' if one.lens else ''}{f', {one.light}-polarised' if one.light else ''}"
        for one in captures
    )
    scales = dict.fromkeys(
        f"{figures.scale(one.calibration)}, {words.SOURCES[one.calibration.source]}"
        f"{f' on {figures.day(one.calibration.made_at)}' if one.calibration.made_at else ''}"
        for one in captures
    )
    return [
        ("Visits", ends[0] if len(captures) == 1 else f"{len(captures)}, from {ends[0]} to {ends[1]}"),
        ("Device", ", ".join(site.devices)),
        ("Camera", "; ".join(cameras)),
        ("Calibration", "; ".join(scales)),
    ]


def _pictures(site: SiteSeries, latest: Comparison, open_picture: OpenPicture) -> Pair | None:
    earlier, later = site.capture_of(latest.baseline), site.capture_of(latest.followup)
    return None if earlier is None or later is None else pair(earlier, later, latest.change, open_picture)


def _message_ids(site: SiteSeries, beside: Comparison | None) -> list[tuple[str, str]]:
    named = [(f"Capture, visit {one.visit_number}", str(one.message_id)) for one in site.captures]
    named += [
        (f"Comparison, visit {one.followup.visit_number} with {one.baseline.visit_number}", str(one.message_id))
        for one in site.comparisons
    ]
    return named + ([] if beside is None else [("Comparison of the donor control", str(beside.message_id))])
