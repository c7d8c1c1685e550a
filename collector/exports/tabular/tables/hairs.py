"""The tables of hairs: as measured, and with a person's corrections."""

from collector.exports.tabular.columns import Column, Kind
from collector.exports.tabular.rows import HairRow
from collector.exports.tabular.tables.table import Table
from contract import HairKind

_NO_COLOUR = "Not measured, or of an older release."

_COLUMNS: tuple[Column[HairRow], ...] = (
    Column("capture_id", Kind.TEXT, "The capture (UUID).", lambda row: str(row.capture.message_id)),
    Column("hair", Kind.WHOLE, "The hair's place in the capture's list, from 0.", lambda row: row.number, minimum=0),
    Column("patient_code", Kind.TEXT, "The patient's pseudonym.", lambda row: row.capture.patient_code),
    Column("visit_number", Kind.WHOLE, "The patient's visit, from 1.", lambda row: row.capture.visit_number, minimum=1),
    Column("site", Kind.TEXT, "The place on the scalp.", lambda row: str(row.capture.site)),
    Column(
        "root_x_px",
        Kind.NUMBER,
        "Where the shaft leaves the skin, from the centre of the picture's top-left pixel to the right.",
        lambda row: row.hair.root_px[0],
        "{px}",
    ),
    Column("root_y_px", Kind.NUMBER, "The same, downwards.", lambda row: row.hair.root_px[1], "{px}"),
    Column("tip_x_px", Kind.NUMBER, "The shaft's other end, to the right.", lambda row: row.hair.tip_px[0], "{px}"),
    Column("tip_y_px", Kind.NUMBER, "The same, downwards.", lambda row: row.hair.tip_px[1], "{px}"),
    Column(
        "diameter_um",
        Kind.NUMBER,
        "Projected shaft width, the median over clean sections.",
        lambda row: row.hair.diameter_um,
        "um",
        "Not measurable.",
        minimum=0,
    ),
    Column(
        "diameter_sd_um",
        Kind.NUMBER,
        "The diameter's own standard uncertainty, without what all hairs share (scale, blur).",
        lambda row: row.hair.diameter_sd_um,
        "um",
        "Not known.",
        minimum=0,
    ),
    Column(
        "diameter_limited",
        Kind.TRUTH,
        "Whether the diameter is an upper limit: the hair is too thin for the picture.",
        lambda row: row.hair.diameter_limited,
    ),
    Column("length_mm", Kind.NUMBER, "Visible length.", lambda row: row.hair.length_mm, "mm", minimum=0),
    Column(
        "kind",
        Kind.TEXT,
        "By the projected diameter against the cut-off of the capture.",
        lambda row: row.hair.kind.value,
        allowed=tuple(HairKind),
    ),
    Column(
        "probability",
        Kind.NUMBER,
        "That it is a hair of its own, rooted in the frame.",
        lambda row: row.hair.probability,
        "1",
        minimum=0,
        maximum=1,
    ),
    Column(
        "follicular_unit",
        Kind.WHOLE,
        "The follicular unit: hairs of one capture with the same number leave the skin through one opening.",
        lambda row: row.hair.unit,
        minimum=0,
    ),
    *(
        Column[HairRow](
            f"core_{letter}",
            Kind.NUMBER,
            f"CIELAB {written} (D65) of the shaft's core, highlights left out.",
            lambda row, place=place: None if row.hair.core_lab is None else row.hair.core_lab[place],  # type: ignore[misc]
            "1",
            _NO_COLOUR,
        )
        for place, (letter, written) in enumerate((("l", "L*"), ("a", "a*"), ("b", "b*")))
    ),
)

HAIRS = Table(
    "hairs",
    "One row a hair that was counted in a capture, as the instrument saw it.",
    _COLUMNS,
    key=("capture_id", "hair"),
    of={"capture_id": ("captures", "capture_id")},
)

CORRECTED_HAIRS = Table(
    "corrected_hairs",
    "One row a hair of a corrected capture, all of its corrections applied. Never to be joined to hairs by number.",
    _COLUMNS,
    key=("capture_id", "hair"),
    of={"capture_id": ("corrected", "capture_id")},
)
