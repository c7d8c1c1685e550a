"""A patient's site over visits, as messages: small pictures, hairs in a row, changes with every figure there."""

import hashlib
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from collector.ingestion.decisions import Accepted
from contract import (
    Capture,
    Change,
    Comparison,
    Hair,
    HairKind,
    Interval,
    Message,
    Picture,
    Site,
    Transform,
)
from tests.collector.examples import NOW
from tests.collector.page_clinic import TOPIC, Clinic
from tests.examples import capture, compared, comparison, full_measurement

PATIENT = "P-0042"
SIZE_PX = (400, 300)
UM_PER_PX = 20.0
FIRST = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)

SHIFT_PX = (24.0, -16.0)
SHIFTED = Transform(
    turn_deg=0.0,
    shift_mm=(0.48, -0.32),
    scale=1.0,
    middle_mm=(4.0, 3.0),
    half_mm=(4.0, 3.0),
    stretch_um=((0.0,) * 9, (0.0,) * 9),
    largest_stretch_um=0.0,
    baseline_to_followup_px=((1.0, 0.0, SHIFT_PX[0]), (0.0, 1.0, SHIFT_PX[1])),
)


def picture_bytes(shift_px: tuple[float, float] = (0.0, 0.0)) -> bytes:
    """Return a PNG of skin with a few dark lines, shifted."""
    image = Image.new("RGB", SIZE_PX, (205, 165, 145))
    drawn = ImageDraw.Draw(image)
    for x, y in root_places():
        drawn.line((x + shift_px[0], y + shift_px[1], x + shift_px[0] + 9, y + shift_px[1] + 20), (50, 35, 30), 3)
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def root_places() -> list[tuple[float, float]]:
    """Return where the hairs of the baseline are rooted."""
    return [(60.0 + 40 * (at % 7), 60.0 + 45 * (at // 7)) for at in range(28)]


def capture_at(visit_number: int, site: str = Site.VERTEX, **changes: Any) -> Capture:  # noqa: ANN401  any field
    """Return a capture with a picture of its own bytes; visits are 90 days apart."""
    shift_px = (0.0, 0.0) if visit_number == 1 else SHIFT_PX
    content = picture_bytes(shift_px)
    hairs = tuple(
        Hair(
            root_px=(x + shift_px[0], y + shift_px[1]),
            tip_px=(x + shift_px[0] + 9, y + shift_px[1] + 20),
            diameter_um=60.0,
            length_mm=0.44,
            kind=HairKind.TERMINAL,
            probability=0.9,
            unit=0,
        )
        for x, y in root_places()
    )
    density = 130.0 + 4.25 * visit_number
    fields: dict[str, Any] = {
        "visit_number": visit_number,
        "site": site,
        "taken_at": FIRST + timedelta(days=90 * (visit_number - 1)),
        "sequence": 10 * visit_number + (site == Site.OCCIPITAL),
        "picture": Picture(sha256=hashlib.sha256(content).hexdigest(), media_type="image/png", size_bytes=len(content)),
        "measurement": full_measurement(
            um_per_px=UM_PER_PX,
            picture_px=SIZE_PX,
            frame_px=(10.0, 10.0, SIZE_PX[0] - 11.0, SIZE_PX[1] - 11.0),
            hairs=hairs,
            hair_density_per_cm2=Interval(value=density, low=density - 19.6, high=density + 22.3),
            mean_diameter_um=Interval(value=61.2 + visit_number / 10, low=58.0, high=64.4),
        ),
    }
    return capture(**fields | changes)


def change(**changes: Any) -> Change:  # noqa: ANN401  any field
    """Return an increase beyond any doubt, every figure given."""
    hairs = [
        {"fate": "kept", "probability": 1.0, "baseline": at, "followup": at, "baseline_px": (x, y)}
        | {"followup_px": (x + SHIFT_PX[0], y + SHIFT_PX[1])}
        | ({"thickness": "thicker"} if at == 0 else {"thickness": "thinner"} if at == 1 else {})
        for at, (x, y) in enumerate(root_places())
    ]
    hairs[5] = hairs[5] | {"fate": "new", "baseline": None}
    hairs[9] = hairs[9] | {"fate": "lost", "followup": None}
    fields: dict[str, Any] = {
        "same_place": 0.987,
        "transform": SHIFTED,
        "shared_area_cm2": 0.41234,
        "matched": 26,
        "new": 1,
        "lost": 1,
        "thicker": 1,
        "thinner": 1,
        "density_per_cm2": (131.25, 143.5),
        "density_change_per_cm2": {"value": 12.31, "low": 8.17, "high": 16.43},
        "terminal_density_change_per_cm2": {"value": 10.46, "low": 6.78, "high": 14.13},
        "counted_density_change_per_cm2": {"value": -4.82, "low": -25.51, "high": 34.73},
        "mean_diameter_change_um": {"value": -0.294, "low": -1.461, "high": 2.038},
        "cumulative_thickness_change_mm_per_cm2": {"value": 0.733, "low": 0.456, "high": 1.009},
        "vellus_to_terminal": 3,
        "terminal_to_vellus": 2,
        "anagen_share": {"value": 0.83, "low": 0.74, "high": 0.9},
        "growth_um_per_day": {"value": 341.2, "low": 322.0, "high": 360.4},
        "days": 90.0,
        "hairs": hairs,
    }
    return Change.model_validate(fields | changes)


def still(**changes: Any) -> Change:  # noqa: ANN401  any field
    """Return a change that is none: what a donor control should show."""
    return change(**{"density_change_per_cm2": {"value": -0.4, "low": -3.1, "high": 2.2}, "matched": 28} | changes)


def comparison_of(earlier: Capture, later: Capture, found: Change, **changes: Any) -> Comparison:  # noqa: ANN401
    """Return the comparison of two captures of one site."""
    fields: dict[str, Any] = {
        "site": earlier.site,
        "baseline": compared(earlier),
        "followup": compared(later),
        "change": found,
        "sequence": later.sequence,
    }
    return comparison(**fields | changes)


def hold(clinic: Clinic, *messages: Message) -> None:
    """Store messages of any kind."""
    clinic.store.store_batch([Accepted(TOPIC, one, one.encode()) for one in messages], NOW)  # type: ignore[arg-type]


def hold_pictures(clinic: Clinic, *captures: Capture) -> None:
    """Store the pictures of captures of `capture_at`."""
    for shift_px in {(0.0, 0.0) if one.visit_number == 1 else SHIFT_PX for one in captures}:
        content = picture_bytes(shift_px)
        incoming = clinic.pictures.receive(hashlib.sha256(content).hexdigest())
        incoming.write(content)
        incoming.finish()


def whole_series(
    clinic: Clinic,
    found: Change | None = None,
    donor: Change | None = None,
    **changes: Any,  # noqa: ANN401  any field of a comparison
) -> list[Comparison]:
    """Store two visits of vertex and donor control with pictures; return the two comparisons, the vertex' first."""
    messages: list[Message] = []
    comparisons = []
    for site, what in ((Site.VERTEX, found or change()), (Site.OCCIPITAL, donor or still())):
        captures = [capture_at(number, site) for number in (1, 2)]
        comparisons.append(comparison_of(captures[0], captures[1], what, **changes))
        hold_pictures(clinic, *captures)
        messages += [*captures, comparisons[-1]]
    hold(clinic, *messages)
    return comparisons
