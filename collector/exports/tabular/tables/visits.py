"""The tables of visits: how complete each is, what became of each site, and the raters' opinions."""

from collector.exports.tabular.columns import Column, Kind, in_utc
from collector.exports.tabular.rows import RatingRow, SiteRow, VisitRow
from collector.exports.tabular.tables.table import Table
from contract import Scale, Visit

TAKEN, LEFT_OUT, MISSING = "taken", "left-out", "missing"


def sites_of(visit: Visit) -> list[SiteRow]:
    """Return the sites of a visit, each once: those of the protocol in its order, then others that were taken."""
    return [SiteRow(visit, site) for site in dict.fromkeys((*visit.protocol, *visit.taken))]


def _fate(row: SiteRow) -> str:
    if row.site in row.visit.taken:
        return TAKEN
    return MISSING if row.site in row.visit.missing else LEFT_OUT


def _reason(row: SiteRow) -> str | None:
    return next((skip.reason for skip in row.visit.skipped if skip.site == row.site), None)


VISITS = Table(
    "visits",
    "One row a visit: an instrument's last word on it.",
    (
        Column[VisitRow]("visit_id", Kind.TEXT, "The word's own id (UUID).", lambda row: str(row.visit.message_id)),
        Column[VisitRow]("clinic_id", Kind.TEXT, "The clinic.", lambda row: row.visit.clinic_id),
        Column[VisitRow]("device_id", Kind.TEXT, "The instrument.", lambda row: row.visit.device_id),
        Column[VisitRow]("patient_code", Kind.TEXT, "The patient's pseudonym.", lambda row: row.visit.patient_code),
        Column[VisitRow](
            "visit_number", Kind.WHOLE, "The patient's visit, from 1.", lambda row: row.visit.visit_number, minimum=1
        ),
        Column[VisitRow](
            "visit_date", Kind.DAY, "The clinic's calendar date of the visit.", lambda row: row.visit.visit_date
        ),
        Column[VisitRow](
            "said_at", Kind.MOMENT, "When the instrument said this, in UTC.", lambda row: in_utc(row.visit.created_at)
        ),
        Column[VisitRow](
            "received_at", Kind.MOMENT, "When the clinic had it, in UTC.", lambda row: in_utc(row.received_at)
        ),
        Column[VisitRow](
            "software_version", Kind.TEXT, "The instrument's release.", lambda row: row.visit.software_version
        ),
        Column[VisitRow](
            "treatment_arm",
            Kind.TEXT,
            "The study's arm.",
            lambda row: row.visit.treatment_arm,
            null="No study, or a blind one: arms are exported only where the study was unlocked.",
        ),
        Column[VisitRow](
            "protocol_sites",
            Kind.WHOLE,
            "Sites that the visit was to have.",
            lambda row: len(row.visit.protocol),
            minimum=1,
        ),
        Column[VisitRow](
            "taken_sites",
            Kind.WHOLE,
            "Sites of the protocol that were taken.",
            lambda row: len(set(row.visit.protocol) & set(row.visit.taken)),
            minimum=0,
        ),
        Column[VisitRow](
            "left_out_sites",
            Kind.WHOLE,
            "Sites of the protocol left out on purpose; why is in visit_sites.",
            lambda row: len(row.visit.skipped),
            minimum=0,
        ),
        Column[VisitRow](
            "missing_sites",
            Kind.TEXTS,
            "Sites of the protocol that were neither taken nor left out on purpose.",
            lambda row: [str(site) for site in row.visit.missing],
        ),
    ),
    key=("visit_id",),
)

VISIT_SITES = Table(
    "visit_sites",
    "One row a site of a visit: of its protocol, or taken beside it.",
    (
        Column[SiteRow]("visit_id", Kind.TEXT, "The visit (UUID).", lambda row: str(row.visit.message_id)),
        Column[SiteRow]("patient_code", Kind.TEXT, "The patient's pseudonym.", lambda row: row.visit.patient_code),
        Column[SiteRow](
            "visit_number", Kind.WHOLE, "The patient's visit, from 1.", lambda row: row.visit.visit_number, minimum=1
        ),
        Column[SiteRow]("site", Kind.TEXT, "The place on the scalp.", lambda row: str(row.site)),
        Column[SiteRow](
            "in_protocol", Kind.TRUTH, "Whether the visit was to have it.", lambda row: row.site in row.visit.protocol
        ),
        Column[SiteRow]("fate", Kind.TEXT, "What became of it.", _fate, allowed=(TAKEN, LEFT_OUT, MISSING)),
        Column[SiteRow]("reason", Kind.TEXT, "Why it was left out.", _reason, null="It was not left out on purpose."),
    ),
    key=("visit_id", "site"),
    of={"visit_id": ("visits", "visit_id")},
)

RATINGS = Table(
    "ratings",
    "One row a rater's grade on one scale at a visit: an opinion on the whole head, not a measurement.",
    (
        Column[RatingRow]("visit_id", Kind.TEXT, "The visit (UUID).", lambda row: str(row.visit.message_id)),
        Column[RatingRow]("patient_code", Kind.TEXT, "The patient's pseudonym.", lambda row: row.visit.patient_code),
        Column[RatingRow](
            "visit_number", Kind.WHOLE, "The patient's visit, from 1.", lambda row: row.visit.visit_number, minimum=1
        ),
        Column[RatingRow]("scale", Kind.TEXT, "The scale.", lambda row: row.rating.scale.value, allowed=tuple(Scale)),
        Column[RatingRow]("grade", Kind.TEXT, "The grade on that scale.", lambda row: row.rating.grade),
        Column[RatingRow]("rater", Kind.TEXT, "Who graded (a person's code).", lambda row: row.rating.rater),
    ),
    key=("visit_id", "scale", "rater"),
    of={"visit_id": ("visits", "visit_id")},
)
