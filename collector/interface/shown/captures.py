"""A capture as other systems read it: in a list by its columns, or whole."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from collector.interface.resource import Shown
from collector.interface.shown.figures import BodySite, Figure, body_site, figures_of_listed, figures_of_measurement
from collector.store.reviews import History
from collector.store.series import ListedCapture
from collector.store.standings import Standings
from collector.store.stored import StoredCapture
from contract import Calibration, Capture, Decision, Hair, HairKind, Quality, Verdict

_Id = Field(description="Of the capture, for good.", examples=["0195f1a2-7f4e-7cc3-98c4-dc0c0c07398f"])


class ShownCapture(Shown):
    """What a list tells of a capture."""

    id: UUID = _Id
    patient_code: str = Field(description="A pseudonym of the clinic.", examples=["P-0042"])
    visit_number: int = Field(description="The patient's visits are numbered from 1.", examples=[3])
    site: BodySite
    taken_at: datetime
    device_id: str = Field(description="The instrument.", examples=["chair-1"])
    verdict: Verdict = Field(description="What the gate at the chair said of the picture.")
    picture_sha256: str = Field(description="Names the picture, which may arrive later than the figures.")
    figures: tuple[Figure, ...] = Field(
        description="Measured automatically; without what the picture does not support."
    )
    rejected: bool = Field(description="Whether a person said that this capture is not to count.")
    corrected: bool = Field(description="Whether a person corrected its hairs: ask for the capture to see the figures.")


class ArrivedCapture(ShownCapture):
    """A capture of the list by arrival."""

    received_at: datetime = Field(description="When the clinic had it.")


class PatientsCaptures(Shown):
    """A patient's captures by visit and time, or a part of them."""

    captures: tuple[ShownCapture, ...]
    next: UUID | None = Field(description="Ask with `after` this for the next part; null where this is the last.")


class ArrivedCaptures(Shown):
    """Captures in the order of their arrival."""

    captures: tuple[ArrivedCapture, ...]
    next: str | None = Field(
        description="Ask with `after` this for what came later, now or another day; null where none was given.",
        examples=["1772616600000_0195f1a2-7f4e-7cc3-98c4-dc0c0c07398f"],
    )
    more: bool = Field(description="Whether more is there already.")


class ShownCheck(Shown):
    """One thing that the gate looked at."""

    name: str = Field(examples=["sharpness"])
    value: float | None = Field(description="In `unit`; null where the picture does not show it.")
    unit: str = Field(description="By UCUM.")
    warn_at: float | None
    refuse_at: float | None
    verdict: Verdict


class ShownQuality(Shown):
    """What the gate at the chair said of the picture."""

    verdict: Verdict
    reasons: tuple[str, ...] = Field(description="Sentences for the technician.")
    checks: tuple[ShownCheck, ...]
    let_through_by: str | None = Field(description="Code of who let a refused picture count; null where nobody did.")
    let_through_note: str | None


class ShownCalibration(Shown):
    """Where the scale came from."""

    source: Literal["settings", "target"] = Field(description="Typed by hand, or measured on a target.")
    um_per_px: float
    standard_uncertainty_um_per_px: float | None = Field(description="Null where it is not known.")
    record_id: UUID | None = Field(description="The instrument's calibration record.")
    made_at: datetime | None
    certificate_id: str | None = Field(description="Of the target.")
    due: str | None = Field(description="Why the instrument should be calibrated again; null where nothing says so.")


class ShownReview(Shown):
    """A person's word on the capture: the one that stands."""

    decision: Decision | None = Field(description="Null where hairs were corrected and nothing was decided.")
    decided_by: str | None = Field(description="Code of the person.")
    reason: str | None = Field(description="Why it was rejected.")
    said_at: datetime
    corrections: int = Field(description="How many corrections of hairs were made.")
    corrected_figures: tuple[Figure, ...] | None = Field(
        description="By the corrected hairs, beside the automatic figures; null where none were corrected."
    )


class ShownPicture(Shown):
    """The picture that was measured."""

    sha256: str
    media_type: str
    size_bytes: int
    width_px: int
    height_px: int
    arrived: bool = Field(description="Whether it can be had; pictures travel beside the figures.")


class ShownHair(Shown):
    """A hair of the counting frame, in pixels (x, y) from the centre of the top-left one."""

    root_px: tuple[float, float]
    tip_px: tuple[float, float]
    diameter_um: float | None = Field(description="Projected shaft width; null where it could not be measured.")
    diameter_sd_um: float | None = Field(description="Its own standard uncertainty.")
    diameter_limited: bool = Field(description="Whether the optics' blur keeps it from being told thinner.")
    length_mm: float
    kind: HairKind
    probability: float = Field(description="That it is a hair.")
    unit: int = Field(description="Number of its follicular unit within the picture.")


class WholeCapture(Shown):
    """One capture: figures, quality, calibration, and what people said of it."""

    id: UUID = _Id
    patient_code: str = Field(examples=["P-0042"])
    visit_number: int
    site: BodySite
    taken_at: datetime
    clock_trusted: bool = Field(description="Whether the instrument's clock was synchronised.")
    received_at: datetime
    device_id: str
    software_version: str
    simulated: bool = Field(description="Made by a simulated camera: no patient's.")
    camera: str
    lens: str | None
    light: str | None = Field(description="The ring that was lit.")
    hair_mode: Literal["clipped", "long"] | None
    area_cm2: float = Field(description="Of the counting frame.")
    frame_px: tuple[float, float, float, float] = Field(
        description="The counting frame's bounding box, x0, y0, x1, y1."
    )
    terminal_from_um: float | None = Field(description="Cut-off of what is called terminal; null for 40 um.")
    figures: tuple[Figure, ...]
    flags: tuple[str, ...] = Field(description="What is remarkable about the measurement.")
    quality: ShownQuality
    calibration: ShownCalibration
    review: ShownReview | None = Field(description="Null where nobody said anything.")
    picture: ShownPicture
    hairs: tuple[ShownHair, ...] | None = Field(description="Null unless asked for with `include=hairs`.")


def listed(capture: ListedCapture, said: Standings) -> ShownCapture:
    """Return a capture of a list."""
    return ShownCapture(**_listed(capture, said))


def arrived(capture: ListedCapture, said: Standings, received_at: datetime) -> ArrivedCapture:
    """Return a capture of the list by arrival."""
    return ArrivedCapture(**_listed(capture, said), received_at=received_at)


def whole(stored: StoredCapture, history: History, *, picture_arrived: bool, with_hairs: bool) -> WholeCapture:
    """Return one capture."""
    capture = stored.capture
    measurement = capture.measurement
    return WholeCapture(
        id=capture.message_id,
        patient_code=capture.patient_code,
        visit_number=capture.visit_number,
        site=body_site(capture.site),
        taken_at=capture.taken_at,
        clock_trusted=capture.clock_trusted,
        received_at=stored.received_at,
        device_id=capture.device_id,
        software_version=capture.software_version,
        simulated=capture.simulated,
        camera=capture.camera,
        lens=capture.lens,
        light=capture.light,
        hair_mode=measurement.hair_mode,
        area_cm2=measurement.area_cm2,
        frame_px=measurement.frame_px,
        terminal_from_um=measurement.terminal_from_um,
        figures=figures_of_measurement(measurement),
        flags=measurement.flags,
        quality=_quality(capture.quality),
        calibration=_calibration(capture.calibration),
        review=_review(history),
        picture=_picture(capture, arrived=picture_arrived),
        hairs=tuple(map(_hair, measurement.hairs)) if with_hairs else None,
    )


def _listed(capture: ListedCapture, said: Standings) -> dict[str, Any]:
    return {
        "id": capture.message_id,
        "patient_code": capture.patient_code,
        "visit_number": capture.visit_number,
        "site": body_site(capture.site),
        "taken_at": capture.taken_at,
        "device_id": capture.device_id,
        "verdict": capture.verdict,
        "picture_sha256": capture.picture_sha256,
        "figures": figures_of_listed(capture),
        "rejected": said.rejects(capture),
        "corrected": said.corrected(capture),
    }


def _quality(quality: Quality) -> ShownQuality:
    checks = tuple(
        ShownCheck(
            name=one.name,
            value=one.value,
            unit=one.unit,
            warn_at=one.warn_at,
            refuse_at=one.refuse_at,
            verdict=one.verdict,
        )
        for one in quality.checks
    )
    forced = quality.forced
    return ShownQuality(
        verdict=quality.verdict,
        reasons=quality.reasons,
        checks=checks,
        let_through_by=None if forced is None else forced.by,
        let_through_note=None if forced is None else forced.note,
    )


def _calibration(calibration: Calibration) -> ShownCalibration:
    return ShownCalibration(
        source=calibration.source,
        um_per_px=calibration.um_per_px,
        standard_uncertainty_um_per_px=calibration.standard_uncertainty_um_per_px,
        record_id=calibration.record_id,
        made_at=calibration.made_at,
        certificate_id=calibration.certificate_id,
        due=calibration.due,
    )


def _review(history: History) -> ShownReview | None:
    standing = history.standing
    if standing is None:
        return None
    return ShownReview(
        decision=standing.decision,
        decided_by=standing.decided_by,
        reason=standing.reason,
        said_at=standing.created_at,
        corrections=len(standing.edits),
        corrected_figures=None if standing.corrected is None else figures_of_measurement(standing.corrected),
    )


def _picture(capture: Capture, *, arrived: bool) -> ShownPicture:
    width_px, height_px = capture.measurement.picture_px
    return ShownPicture(
        sha256=capture.picture.sha256,
        media_type=capture.picture.media_type,
        size_bytes=capture.picture.size_bytes,
        width_px=width_px,
        height_px=height_px,
        arrived=arrived,
    )


def _hair(hair: Hair) -> ShownHair:
    return ShownHair(
        root_px=hair.root_px,
        tip_px=hair.tip_px,
        diameter_um=hair.diameter_um,
        diameter_sd_um=hair.diameter_sd_um,
        diameter_limited=hair.diameter_limited,
        length_mm=hair.length_mm,
        kind=hair.kind,
        probability=hair.probability,
        unit=hair.unit,
    )
