"""Which calibration holds for a capture, and how long; the daily check; the chain of records."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from analysis import Optics
from contract import new_message_id
from device import clock
from device.calibration.check import check, compare
from device.calibration.in_force import InForce, StillUnfit, in_force, standing_of
from device.calibration.record import CalibrationRecord, Reference, TargetCheck
from device.calibration.records import Records, RecordsDamaged, RecordsUnwritable
from device.calibration.step_names import StepName
from device.quality import CalibrationState
from tests.device.calibration.simulated import calibrated, opened, settings

THEN = Reference(certificate_id="grid", um_per_px=5.3, edge_sigma_um=5.0, white_light=0.7)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> CalibrationRecord:
    """Calibrate scale and blur."""
    return calibrated(settings(tmp_path_factory.mktemp("made")), StepName.SCALE, StepName.BLUR)


@pytest.fixture
def records(tmp_path: Path, made: CalibrationRecord) -> Records:
    """Give a device that has made this record."""
    records = Records(tmp_path)
    records.append(made)
    return records


def checked(records: Records, made: CalibrationRecord, now: Reference) -> TargetCheck:
    """Record a check."""
    found = TargetCheck(
        previous_sha256=records.last_sha256(),
        record_id=made.record_id,
        made_at=clock.now(),
        clock_trusted=True,
        made_by="mk",
        certificate_id="grid",
        pixels_sha256="0" * 64,
        findings=compare(now, THEN),
    )
    records.append(found)
    return found


def held(records: Records, made: CalibrationRecord, folder: Path, *, days: float = 0.0) -> InForce:
    """Find what holds so many days after the record was made."""
    return in_force(records, made.instrument, settings(folder), made.made_at + timedelta(days=days))


def test_a_fresh_calibration_is_in_date(records: Records, made: CalibrationRecord, tmp_path: Path) -> None:
    """Breaks when a good calibration is not used, or its scale, blur or record does not reach the capture."""
    force = held(records, made, tmp_path)
    assert (force.record, force.due, force.state) == (made, None, CalibrationState.IN_DATE)
    optics, message, geometry = force.optics(), force.message(), made.results.geometry
    assert isinstance(optics, Optics)
    assert geometry is not None
    assert (optics.um_per_px, optics.um_per_px_sd) == (geometry.um_per_px, geometry.um_per_px_sd)
    assert optics.linear_light
    assert not optics.true_colours
    assert np.asarray(optics.blur_sigma_px).shape == (4, 5)
    assert (message.record_id, message.source, message.due) == (made.record_id, "target", None)
    assert message.standard_uncertainty_um_per_px == geometry.um_per_px_sd
    assert message.certificate_id == "simulated-dot-grid"
    assert message.blur_sigma_px is not None
    assert np.asarray(message.blur_sigma_px) == pytest.approx(np.asarray(optics.blur_sigma_px), abs=1e-4)


def test_a_calibration_ends(records: Records, made: CalibrationRecord, tmp_path: Path) -> None:
    """Breaks when a scale of last year is used as if it were fresh; or is no longer used at all."""
    force = held(records, made, tmp_path, days=200)
    assert force.state is CalibrationState.DUE
    assert force.due is not None
    assert "ended on" in force.due
    assert force.record == made


def test_a_check_falls_due(records: Records, made: CalibrationRecord, tmp_path: Path) -> None:
    """Breaks when nobody is told that the daily check was forgotten."""
    assert held(records, made, tmp_path, days=1.2).due is None
    late = held(records, made, tmp_path, days=2).due
    assert late is not None
    assert "2.0 days old" in late
    checked(records, made, THEN)
    assert in_force(records, made.instrument, settings(tmp_path), clock.now() + timedelta(hours=20)).due is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"um_per_px": 5.3 * 1.005}, "off by +0.50%"),
        ({"um_per_px": 5.3 * 0.995}, "off by -0.50%"),
        ({"edge_sigma_um": 7.0}, "blurred +40%"),
        ({"white_light": 0.5}, "light is -29%"),
        ({"white_light": 0.9}, "light is +29%"),
    ],
)
def test_a_failed_check_marks_every_capture(
    records: Records, made: CalibrationRecord, tmp_path: Path, change: dict[str, float], says: str
) -> None:
    """Breaks when a moved lens, a dirty window or a failing lamp shows in the check and in no capture."""
    found = checked(records, made, THEN.model_copy(update=change))
    assert not found.passed
    force = held(records, made, tmp_path)
    assert force.due is not None
    assert says in force.due
    assert force.message().due == force.due
    checked(records, made, THEN)
    assert held(records, made, tmp_path).due is None


@pytest.mark.parametrize(
    "change", [{"um_per_px": 5.3 * 1.002}, {"edge_sigma_um": 5.5}, {"edge_sigma_um": 3.0}, {"white_light": 0.65}]
)
def test_small_changes_pass_a_check(change: dict[str, float]) -> None:
    """Breaks when the noise of one picture sends the instrument to calibration every day."""
    assert all(finding.within for finding in compare(THEN.model_copy(update=change), THEN))


def test_a_ruler_has_no_blur_to_check() -> None:
    """Breaks when an instrument calibrated with a stage micrometer cannot be checked."""
    bare = THEN.model_copy(update={"edge_sigma_um": None})
    assert [finding.name for finding in compare(bare, bare)] == ["scale", "light"]


@pytest.mark.parametrize("change", [{"camera_identity": "seed 6"}, {"lens": "lens 8"}, {"device_id": "chair-2"}])
def test_another_camera_or_lens_has_no_calibration(
    records: Records, made: CalibrationRecord, tmp_path: Path, change: dict[str, str]
) -> None:
    """Breaks when a swapped camera or lens is measured with the scale of the one before."""
    here = made.instrument.model_copy(update=change)
    force = in_force(records, here, settings(tmp_path), made.made_at)
    assert (force.record, force.state) == (None, CalibrationState.NONE)
    assert force.due is not None
    assert "was changed" in force.due
    assert force.optics() == 10.6
    assert (force.message().source, force.message().um_per_px) == ("settings", 10.6)


def test_another_light_is_due(
    records: Records, made: CalibrationRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when captures in parallel light are evened with the flat field of another."""
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    lit = settings(tmp_path, lights={"parallel": {"pin": 13}}, capture={"light": "parallel"})
    force = in_force(records, made.instrument, lit, made.made_at)
    assert force.due is not None
    assert "light as-it-is" in force.due
    assert force.light == "parallel"


def test_a_still_of_another_size_is_refused(records: Records, made: CalibrationRecord, tmp_path: Path) -> None:
    """Breaks when a size changed in the settings shifts every correction."""
    with pytest.raises(StillUnfit, match="1014 x 760"):
        held(records, made, tmp_path).picture(np.zeros((480, 640, 3), np.uint8))


def test_the_real_check_passes_and_says_so(made: CalibrationRecord, tmp_path: Path) -> None:
    """Breaks when a second picture of the same target through the same lens is out of tolerance."""
    of = settings(tmp_path)
    record = calibrated(of, StepName.SCALE)
    records = Records(tmp_path)
    with opened(of) as session:
        found = check(session.bench(StepName.SCALE, lambda _line: None), record, "mk", records)
    assert found.passed
    assert [finding.name for finding in found.findings] == ["scale", "blur", "light"]
    assert records.all() == [record, found]
    assert made.results.reference is not None


def test_the_newest_of_this_instrument_counts(records: Records, made: CalibrationRecord, tmp_path: Path) -> None:
    """Breaks when a record is overwritten, or an older one stays in force after a new calibration."""
    newer = made.model_copy(update={"record_id": new_message_id(), "previous_sha256": records.last_sha256()})
    records.append(newer)
    assert held(records, made, tmp_path).record == newer
    assert records.all() == [made, newer]


def test_a_record_that_was_changed_is_told(records: Records, made: CalibrationRecord) -> None:
    """Breaks when somebody edits a scale on the disk and nobody can tell."""
    newer = made.model_copy(update={"record_id": new_message_id(), "previous_sha256": records.last_sha256()})
    records.append(newer)
    first = sorted(records.folder.iterdir())[0]
    first.write_text(first.read_text().replace('"made_by":"mk"', '"made_by":"xy"'))
    with pytest.raises(RecordsDamaged, match="changed or removed"):
        records.all()
    first.unlink()
    with pytest.raises(RecordsDamaged, match="changed or removed"):
        records.all()


def test_a_record_that_cannot_be_read_says_where(records: Records, tmp_path: Path) -> None:
    """Breaks when a damaged record ends in a traceback, or the health message stops."""
    (file,) = records.folder.iterdir()
    file.write_text(file.read_text()[:200])
    with pytest.raises(RecordsDamaged, match="000001-record"):
        records.all()
    due = standing_of(settings(tmp_path), clock.now()).due
    assert due is not None
    assert "cannot be read" in due


def test_a_record_made_meanwhile_is_not_passed_over(records: Records, made: CalibrationRecord) -> None:
    """Breaks when two calibrations end at once and one is lost, or both name the same one before."""
    stale = made.model_copy(update={"record_id": new_message_id()})
    with pytest.raises(RecordsUnwritable, match="meanwhile"):
        records.append(stale)
    assert records.all() == [made]


def test_how_it_stands_is_known_without_the_camera(records: Records, made: CalibrationRecord, tmp_path: Path) -> None:
    """Breaks when the clinic's page cannot say that an instrument is due for calibration."""
    assert standing_of(settings(tmp_path), made.made_at).made_at == made.made_at
    assert standing_of(settings(tmp_path), made.made_at).due is None
    assert standing_of(settings(tmp_path), made.made_at + timedelta(days=400)).due is not None
    never = standing_of(settings(tmp_path / "fresh"), made.made_at)
    assert never.made_at is None
    assert never.due is not None
    assert records.all() == [made]
