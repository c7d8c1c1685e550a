"""What limits a report's change, in sentences: flags of the comparison, and what is to know of its two pictures."""

from analysis.comparison import words as change_words
from collector.page import figures, words
from collector.report.series import SiteSeries
from contract import Capture, Comparison, InstrumentChange, Review, Verdict, instrument_changes


def remarks(site: SiteSeries, latest: Comparison, donor: Comparison | None) -> tuple[str, ...]:
    """Return the sentences, each once.

    Parameters
    ----------
    site
        The site's series.
    latest
        The comparison that is shown.
    donor
        The donor control's over the same visits.
    """
    said = [change_words.sentence(flag) for flag in latest.change.flags]
    if donor is not None:
        said += [f"Donor control: {change_words.sentence(flag)}" for flag in donor.change.flags]
    said += _of_series(site, latest)
    for end in (latest.baseline, latest.followup):
        capture = site.capture_of(end)
        if capture is None:
            said.append(
                f"The capture of visit {end.visit_number} that was compared has not arrived, or another take of that"
                " visit counts: its picture is not shown."
            )
        else:
            said += _of_capture(capture)
    return tuple(dict.fromkeys([*said, *_of_instrument(site, latest)]))


def of_reviews(site: SiteSeries) -> tuple[str, ...]:
    """Return what people said of the site's captures, as far as the report is another for it."""
    said = [
        f"Visit {capture.visit_number}: a capture was rejected by {review.decided_by} and is left out: {review.reason}"
        for capture, review in site.rejected
    ]
    said += [
        f"The comparison of visit {one.followup.visit_number} with visit {one.baseline.visit_number} is left out: a"
        " capture of it was rejected."
        for one in site.rejected_comparisons
    ]
    return tuple(dict.fromkeys([*said, *(_of_correction(*one) for one in site.corrected)]))


def _of_correction(capture: Capture, review: Review) -> str:
    automatic, corrected = capture.measurement, review.corrected or capture.measurement
    people = ", ".join(dict.fromkeys(edit.by for edit in review.edits))
    number = "1 correction" if len(review.edits) == 1 else f"{len(review.edits)} corrections"
    density, before = (figures.figure(one, "hair_density_per_cm2") for one in (corrected, automatic))
    return (
        f"Visit {capture.visit_number}: hairs were corrected by hand ({number} by {people}). That gives"
        f" {len(corrected.hairs)} hairs and {density.value} {density.unit} ({density.interval}), where the automatic"
        f" figures are {len(automatic.hairs)} and {before.value}. The report keeps to the automatic ones, whose noise"
        " floor is known."
    )


def _of_series(site: SiteSeries, latest: Comparison) -> list[str]:
    said = []
    newest, compared = site.visit_numbers[-1], latest.followup.visit_number
    if newest != compared:
        said.append(f"Visit {newest} has not been compared yet: the change shown is that of visit {compared}.")
    baseline, since = site.baseline, latest.baseline.visit_number
    if baseline is not None and baseline.visit_number != since:
        said.append(f"Compared was with visit {since}, not with the site's baseline, visit {baseline.visit_number}.")
    return said


def _of_capture(capture: Capture) -> list[str]:
    visit = f"Visit {capture.visit_number}"
    said = []
    if (forced := capture.quality.forced) is not None:
        said.append(f"{visit}: the gate refused this picture; {forced.by} let it count all the same: {forced.note}")
    elif capture.quality.verdict is Verdict.REFUSE:
        said.append(f"{visit}: the gate refused this picture.")
    if capture.calibration.due:
        said.append(f"{visit}: {capture.calibration.due}")
    if not capture.clock_trusted:
        said.append(f"{visit}: the device's clock was not synchronised; the date may be wrong.")
    return said


def _of_instrument(site: SiteSeries, latest: Comparison) -> list[str]:
    """Say what of the instrument changed between the two visits: by their captures, or by what the comparison tells."""
    earlier, later = site.capture_of(latest.baseline), site.capture_of(latest.followup)
    if earlier is not None and later is not None:
        changed = instrument_changes(earlier, later)
    else:
        changed = (InstrumentChange.DEVICE,) if latest.baseline.device_id != latest.followup.device_id else ()
    if not changed:
        return []
    *most, last = (words.INSTRUMENT_CHANGES[change] for change in changed)
    named = f"{', '.join(most) + ' and ' if most else ''}{last}"
    return [f"Between the two visits, another {named}: part of the change may be the instrument's."]
