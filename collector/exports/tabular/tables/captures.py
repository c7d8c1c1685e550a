"""The table of captures: each picture with everything measured on it by the instrument alone."""

from datetime import datetime

from collector.exports.codes import site_code
from collector.exports.tabular.columns import Column, Kind, in_utc
from collector.exports.tabular.rows import CaptureRow
from collector.exports.tabular.tables.figures import figure_columns, frame_columns
from collector.exports.tabular.tables.table import Table
from contract import Decision, Forced, MarkKind, Measurement, Repeatability, Side, Verdict, side_of

_OLDER = "Not said: of an older release, or unknown to the instrument."
_NOT_FORCED = "Nobody let a refused picture through."
_NO_BURST = "No burst was taken."
_NO_TARGET = "The scale was typed into the settings."
_NO_DECISION = "Nobody has decided."

_WHO: tuple[Column[CaptureRow], ...] = (
    Column("capture_id", Kind.TEXT, "The capture's own id (UUID).", lambda row: str(row.capture.message_id)),
    Column("clinic_id", Kind.TEXT, "The clinic.", lambda row: row.capture.clinic_id),
    Column("device_id", Kind.TEXT, "The instrument.", lambda row: row.capture.device_id),
    Column("patient_code", Kind.TEXT, "The patient's pseudonym.", lambda row: row.capture.patient_code),
    Column("visit_number", Kind.WHOLE, "The patient's visit, from 1.", lambda row: row.capture.visit_number, minimum=1),
    Column(
        "site",
        Kind.TEXT,
        "The place on the scalp: a name of the controlled list, or its distances in mm behind the glabella and beside"
        " the midline (g120-l35).",
        lambda row: str(row.capture.site),
    ),
    Column(
        "site_snomed",
        Kind.TEXT,
        "SNOMED CT code of the narrowest structure that holds the site.",
        lambda row: site_code(row.capture.site).structure[0],
    ),
    Column(
        "side",
        Kind.TEXT,
        "The patient's side of the site.",
        lambda row: side_of(row.capture.site).value,
        allowed=tuple(Side),
    ),
    Column("taken_at", Kind.MOMENT, "When the picture was taken, in UTC.", lambda row: in_utc(row.capture.taken_at)),
    Column(
        "clock_trusted",
        Kind.TRUTH,
        "Whether the instrument's clock was synchronised.",
        lambda row: row.capture.clock_trusted,
    ),
    Column("received_at", Kind.MOMENT, "When the clinic had it, in UTC.", lambda row: in_utc(row.received_at)),
)

_INSTRUMENT: tuple[Column[CaptureRow], ...] = (
    Column("software_version", Kind.TEXT, "The instrument's release.", lambda row: row.capture.software_version),
    Column(
        "simulated",
        Kind.TRUTH,
        "Whether the picture was drawn by the simulated camera: no patient's.",
        lambda row: row.capture.simulated,
    ),
    Column("camera", Kind.TEXT, "The camera's model.", lambda row: row.capture.camera),
    Column(
        "camera_identity",
        Kind.TEXT,
        "What tells the camera from others of its model.",
        lambda row: row.capture.camera_identity,
        null=_OLDER,
    ),
    Column("lens", Kind.TEXT, "The lens.", lambda row: row.capture.lens, null=_OLDER),
    Column("light", Kind.TEXT, "The ring that was lit.", lambda row: row.capture.light, null=_OLDER),
    Column(
        "mark",
        Kind.TEXT,
        "What the clinic marks its sites with.",
        lambda row: None if row.capture.mark is None else row.capture.mark.value,
        null=_OLDER,
        allowed=tuple(MarkKind),
    ),
    Column("exposure_us", Kind.WHOLE, "Exposure.", lambda row: row.capture.exposure_us, "us", _OLDER, minimum=0),
    Column("analogue_gain", Kind.NUMBER, "Gain.", lambda row: row.capture.analogue_gain, "1", _OLDER, minimum=0),
)


def _forced(row: CaptureRow) -> Forced | None:
    return row.capture.quality.forced


def _burst(row: CaptureRow) -> Repeatability | None:
    return row.capture.repeatability


def _moment(moment: datetime | None) -> datetime | None:
    return None if moment is None else in_utc(moment)


_QUALITY: tuple[Column[CaptureRow], ...] = (
    Column(
        "verdict",
        Kind.TEXT,
        "What the gate at the chair said of the picture.",
        lambda row: row.capture.quality.verdict.value,
        allowed=tuple(Verdict),
    ),
    Column(
        "verdict_reasons",
        Kind.TEXTS,
        "The gate's reasons, in sentences.",
        lambda row: list(row.capture.quality.reasons),
    ),
    Column(
        "forced_by",
        Kind.TEXT,
        "Who let a refused picture through (a person's code).",
        lambda row: None if (forced := _forced(row)) is None else forced.by,
        null=_NOT_FORCED,
    ),
    Column(
        "forced_note",
        Kind.TEXT,
        "Why.",
        lambda row: None if (forced := _forced(row)) is None else forced.note,
        null=_NOT_FORCED,
    ),
    Column(
        "forced_at",
        Kind.MOMENT,
        "When, in UTC.",
        lambda row: None if (forced := _forced(row)) is None else in_utc(forced.at),
        null=_NOT_FORCED,
    ),
    Column(
        "burst_stills",
        Kind.WHOLE,
        "Stills of the burst that shows the instrument's own noise.",
        lambda row: None if (burst := _burst(row)) is None else burst.stills,
        null=_NO_BURST,
        minimum=2,
    ),
    Column(
        "burst_hair_density_sd_per_cm2",
        Kind.NUMBER,
        "Standard deviation of the hair density over the burst's stills.",
        lambda row: None if (burst := _burst(row)) is None else burst.hair_density_sd_per_cm2,
        "{hairs}/cm2",
        _NO_BURST,
        minimum=0,
    ),
    Column(
        "burst_mean_diameter_sd_um",
        Kind.NUMBER,
        "Standard deviation of the mean diameter over the burst's stills.",
        lambda row: None if (burst := _burst(row)) is None else burst.mean_diameter_sd_um,
        "um",
        "No burst was taken, or it gave no diameters.",
        minimum=0,
    ),
    Column(
        "burst_noise_share",
        Kind.NUMBER,
        "A pixel's noise over the burst's stills, as a share of full scale.",
        lambda row: None if (burst := _burst(row)) is None else burst.noise_share,
        "1",
        _NO_BURST,
        minimum=0,
        maximum=1,
    ),
)

_SCALE: tuple[Column[CaptureRow], ...] = (
    Column(
        "scale_um_per_px",
        Kind.NUMBER,
        "The scale.",
        lambda row: row.capture.calibration.um_per_px,
        "um/{px}",
        minimum=0,
    ),
    Column(
        "scale_sd_um_per_px",
        Kind.NUMBER,
        "The scale's standard uncertainty.",
        lambda row: row.capture.calibration.standard_uncertainty_um_per_px,
        "um/{px}",
        "Unknown, and so is that of every density and diameter made with it.",
        minimum=0,
    ),
    Column(
        "scale_source",
        Kind.TEXT,
        "Where the scale came from: typed into the settings, or measured on a target.",
        lambda row: row.capture.calibration.source,
        allowed=("settings", "target"),
    ),
    Column(
        "calibration_id",
        Kind.TEXT,
        "The instrument's calibration record (UUID).",
        lambda row: None if (record := row.capture.calibration.record_id) is None else str(record),
        null=_NO_TARGET,
    ),
    Column(
        "calibrated_at",
        Kind.MOMENT,
        "When the calibration was made, in UTC.",
        lambda row: _moment(row.capture.calibration.made_at),
        null=_NO_TARGET,
    ),
    Column(
        "target_certificate",
        Kind.TEXT,
        "The certificate of the target.",
        lambda row: row.capture.calibration.certificate_id,
        null=_NO_TARGET,
    ),
    Column(
        "calibration_due",
        Kind.TEXT,
        "What spoke against the calibration.",
        lambda row: row.capture.calibration.due,
        null="Nothing spoke against it.",
    ),
    Column(
        "true_colours",
        Kind.TRUTH,
        "Whether colours were calibrated.",
        lambda row: row.capture.calibration.true_colours,
    ),
    Column("picture_sha256", Kind.TEXT, "SHA-256 of the picture's file.", lambda row: row.capture.picture.sha256),
    Column(
        "picture_media_type",
        Kind.TEXT,
        "The picture's format.",
        lambda row: row.capture.picture.media_type,
        allowed=("image/jpeg", "image/png"),
    ),
    Column("picture_size", Kind.WHOLE, "Size of the picture's file.", lambda row: row.capture.picture.size_bytes, "By"),
)

_REVIEW: tuple[Column[CaptureRow], ...] = (
    Column(
        "decision",
        Kind.TEXT,
        "A person's decision whether the capture counts.",
        lambda row: None if (decision := _decision(row)) is None else decision.value,
        null=_NO_DECISION,
        allowed=tuple(Decision),
    ),
    Column(
        "decided_by",
        Kind.TEXT,
        "Whose decision it is (a person's code).",
        lambda row: None if row.review is None else row.review.decided_by,
        null=_NO_DECISION,
    ),
    Column(
        "decision_reason",
        Kind.TEXT,
        "Why the capture was rejected.",
        lambda row: None if row.review is None else row.review.reason,
        null="Not rejected.",
    ),
    Column(
        "reviewed_at",
        Kind.MOMENT,
        "When the latest word of a person on it was said, in UTC.",
        lambda row: None if row.review is None else in_utc(row.review.created_at),
        null="No person has said anything of it.",
    ),
    Column(
        "corrections",
        Kind.WHOLE,
        "Corrections of its hairs; the figures that follow are in the table corrected.",
        lambda row: 0 if row.review is None else len(row.review.edits),
        minimum=0,
    ),
)


def _decision(row: CaptureRow) -> Decision | None:
    return None if row.review is None else row.review.decision


def _measured(row: CaptureRow) -> Measurement:
    return row.capture.measurement


CAPTURES = Table(
    "captures",
    "One row a capture: a picture of one site at one visit, with every figure measured on it by the instrument alone.",
    (
        *(*_WHO, *_INSTRUMENT, *_QUALITY, *_SCALE, *_REVIEW),
        *frame_columns(_measured),
        *figure_columns(_measured),
    ),
    key=("capture_id",),
)
