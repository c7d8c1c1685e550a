"""The daily check: one picture of the scale target against the calibration."""

from __future__ import annotations

from device import clock
from device.calibration.bench import Bench, StepRefused
from device.calibration.record import CalibrationRecord, Finding, Reference, TargetCheck
from device.calibration.records import Records
from device.calibration.reference import look_at, scale_target

SCALE_TOLERANCE = 0.003
"""Of the scale: three times what a calibration may be off, and a fortieth of what moves a density by a tenth."""
BLUR_TOLERANCE = 0.25
"""Of the edges' blur: a lens out of focus by this much widens no shaft yet, and one by twice this much does."""
LIGHT_TOLERANCE = 0.15
"""Of the white's light: gates and colours were set for the light of the calibration."""


def check(bench: Bench, record: CalibrationRecord, by: str, records: Records) -> TargetCheck:
    """Take one picture of the target, compare, and keep what was found.

    Parameters
    ----------
    bench
        Camera and lights.
    record
        In force.
    by
        Code of the person.
    records
        That the check is added to.

    Raises
    ------
    StepRefused, device.calibration.targets.refusals.TargetRefused, device.camera.CameraError, RecordsUnwritable
        When nothing could be compared; nothing is kept then.
    """
    then = record.results.reference
    if then is None:
        raise StepRefused("The calibration in force holds nothing to compare with: calibrate anew.")
    certificate, kind = scale_target(record.certificates)
    certificate.require_in_date(clock.now().date())
    still = bench.still(kind, record.still, light=record.light)
    now = look_at(still.picture, certificate, then.um_per_px, bench.distance_mm).reference
    found = TargetCheck(
        previous_sha256=records.last_sha256(),
        record_id=record.record_id,
        made_at=clock.now(),
        clock_trusted=clock.is_trusted(),
        made_by=by,
        certificate_id=certificate.certificate_id,
        pixels_sha256=bench.inputs[-1].pixels_sha256,
        findings=compare(now, then),
    )
    records.append(found)
    return found


def compare(now: Reference, then: Reference) -> tuple[Finding, ...]:
    """Compare what the target looks like with what it looked like at the calibration."""
    findings = [
        _finding(
            "scale",
            "um/px",
            now=now.um_per_px,
            then=then.um_per_px,
            tolerance=SCALE_TOLERANCE,
            sentence="The scale is off by {off:+.2%}: camera, lens or spacer have moved. Set them right, then calibrate"
            " anew.",
        ),
        _finding(
            "light",
            "1",
            now=now.white_light,
            then=then.white_light,
            tolerance=LIGHT_TOLERANCE,
            sentence="The light is {off:+.0%} against the calibration: clean the window, look at the lights and keep"
            " daylight away, then check again.",
        ),
    ]
    if now.edge_sigma_um is not None and then.edge_sigma_um is not None:
        blur = _finding(
            "blur",
            "um",
            now=now.edge_sigma_um,
            then=then.edge_sigma_um,
            tolerance=BLUR_TOLERANCE,
            sentence="The target's edges are blurred {off:+.0%} against the calibration: clean the lens, lay the target"
            " flat, and check again; if it stays, calibrate anew.",
        )
        findings.insert(1, blur)
    return tuple(findings)


def _finding(name: str, unit: str, *, now: float, then: float, tolerance: float, sentence: str) -> Finding:
    off = now / then - 1
    # a target that is sharper than it was speaks of nothing that a capture suffers from
    within = off <= tolerance if name == "blur" else abs(off) <= tolerance
    return Finding.model_validate(
        {
            "name": name,
            "unit": unit,
            "now": now,
            "then": then,
            "tolerance": tolerance,
            "within": within,
            "sentence": "" if within else sentence.format(off=off),
        }
    )
