"""A calibration on its way: kept between steps, stopped, gone on with, ended; the old one in force until then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.calibration.bench import CalibrationStopped, StepRefused
from device.calibration.certificate import CertificateExpired, DotGrid
from device.calibration.record import CalibrationRecord
from device.calibration.records import Records
from device.calibration.session import Session, SessionUnfit
from device.calibration.step_names import StepName
from device.calibration.targets.refusals import WrongPitch
from device.camera import CameraTimeout
from device.camera.settings import SimulatedSettings
from device.camera.simulated.lens import lens_of
from tests.device.calibration.simulated import calibrated, certificates, opened, settings


def quietly(_line: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> CalibrationRecord:
    """Calibrate with every step."""
    return calibrated(settings(tmp_path_factory.mktemp("whole")), *StepName)


def test_every_step_finds_what_the_lens_is(whole: CalibrationRecord, tmp_path: Path) -> None:
    """Breaks when a step is fed the wrong picture or another step's result: figures would be off and look sound."""
    camera = settings(tmp_path).camera
    assert isinstance(camera, SimulatedSettings)
    lens, results = lens_of(camera), whole.results
    assert results.geometry is not None
    assert results.geometry.um_per_px == pytest.approx(camera.um_per_px * lens.scale, rel=1e-3)
    assert results.geometry.k1 == pytest.approx(lens.k1, abs=5e-4)
    assert results.geometry.tilt is not None
    assert results.geometry.tilt.total_deg == pytest.approx(float(np.hypot(*lens.tilt_deg)), abs=0.1)
    assert results.focus is not None
    assert results.focus.position_dioptres == pytest.approx(lens.focus_dioptres, abs=0.05)
    assert results.exposure is not None
    assert results.exposure.level == pytest.approx(0.75, abs=0.01)
    assert results.colour is not None
    assert results.colour.mean_delta_e_2000 < 1.0
    assert results.blur is not None
    assert results.blur.grid().shape == (4, 5)
    assert list(results.flat_fields) == ["as-it-is"]


def test_a_record_says_who_what_and_from_which_pictures(whole: CalibrationRecord) -> None:
    """Breaks when a figure of a patient cannot be traced back to a target."""
    assert (whole.made_by, whole.instrument.device_id, whole.instrument.lens) == ("mk", "chair-1", "lens 7")
    assert whole.instrument.simulated
    assert whole.scale_certificate_id == "simulated-dot-grid"
    assert {one.certificate_id for one in whole.certificates} >= {"simulated-dot-grid", "simulated-slanted-edge"}
    assert {one.step for one in whole.inputs} == set(StepName)
    assert whole.valid_until > whole.made_at
    assert whole.still is not None
    assert whole.results.focus is not None
    assert whole.still.lens_position_dioptres == whole.results.focus.position_dioptres
    assert CalibrationRecord.model_validate_json(whole.model_dump_json()) == whole


def test_a_session_goes_on_after_a_restart(tmp_path: Path) -> None:
    """Breaks when a power cut between two steps costs the steps that were done."""
    of = settings(tmp_path)
    with opened(of) as session:
        session.begin("mk", certificates())
        for name in StepName:
            if name not in (StepName.SCALE, StepName.FLAT_FIELD):
                session.skip(name, "not in this test")
        session.run(StepName.FLAT_FIELD, quietly)
    with opened(of) as session:
        assert [step.name for step in session.steps()] == [StepName.SCALE]
        session.run(StepName.SCALE, quietly)
        record = session.finish()
        assert session.state is None
    assert record.results.flat_fields
    assert Records(tmp_path).all() == [record]
    kept = {one.pixels_sha256 for one in record.inputs if one.kept}
    assert {file.stem for file in (tmp_path / "calibration" / "pictures").iterdir()} == kept


def scale_only(session: Session) -> None:
    """Begin a session in which only the scale is missing."""
    session.begin("mk", certificates())
    for name in StepName:
        if name is not StepName.SCALE:
            session.skip(name, "not in this test")


def test_aborting_leaves_the_old_calibration_in_force(tmp_path: Path) -> None:
    """Breaks when a calibration that was given up half-way changes what captures are measured with."""
    of = settings(tmp_path)
    record = calibrated(of, StepName.SCALE)
    with opened(of) as session:
        scale_only(session)
        session.run(StepName.SCALE, quietly)
        session.run(StepName.SCALE, quietly)
        assert len(list((tmp_path / "calibration" / "pictures").iterdir())) == 2
        session.abort()
        assert session.state is None
        with pytest.raises(SessionUnfit, match="No calibration is on its way"):
            session.finish()
    assert Records(tmp_path).all() == [record]
    kept = {one.pixels_sha256 for one in record.inputs if one.kept}
    assert {file.stem for file in (tmp_path / "calibration" / "pictures").iterdir()} == kept


def test_nothing_is_in_force_while_a_step_is_missing(tmp_path: Path) -> None:
    """Breaks when a calibration without a scale, or one begun twice, can be put in force."""
    with opened(settings(tmp_path)) as session:
        session.begin("mk", certificates())
        with pytest.raises(SessionUnfit, match="focus, exposure, dark"):
            session.finish()
        with pytest.raises(SessionUnfit, match="no calibration: take it"):
            session.skip(StepName.SCALE, "no target")
        with pytest.raises(SessionUnfit, match="is on its way"):
            session.begin("mk", certificates())
    assert Records(tmp_path).all() == []


def test_a_step_done_again_undoes_those_that_stand_on_it(tmp_path: Path) -> None:
    """Breaks when the blur of an old scale stays beside a new one."""
    with opened(settings(tmp_path)) as session:
        scale_only(session)
        session.run(StepName.SCALE, quietly)
        session.run(StepName.BLUR, quietly)
        assert session.steps() == ()
        session.run(StepName.SCALE, quietly)
        assert session.state is not None
        assert session.state.results.blur is None
        assert [step.name for step in session.steps()] == [StepName.BLUR]


def wrong_pitch(grid: DotGrid) -> DotGrid:
    """Certify another pitch than is drawn."""
    return grid.model_copy(update={"pitch_um": 400.0, "dot_diameter_um": 200.0, "fiducial_diameter_um": 288.0})


def test_a_refused_picture_leaves_the_session_as_it_was(tmp_path: Path) -> None:
    """Breaks when a target with the wrong certificate gives a scale, or costs the steps before it."""
    (grid,) = certificates("dot-grid")
    assert isinstance(grid, DotGrid)
    with opened(settings(tmp_path)) as session:
        session.begin("mk", (wrong_pitch(grid),))
        before = session.state
        with pytest.raises(WrongPitch):
            session.run(StepName.SCALE, quietly)
        assert session.state == before
        with pytest.raises(StepRefused, match="slanted-edge"):
            session.run(StepName.BLUR, quietly)
        assert session.state == before


def test_an_expired_certificate_begins_nothing(tmp_path: Path) -> None:
    """Breaks when a scale is traced to a target whose certificate is over."""
    (grid,) = certificates("dot-grid")
    assert isinstance(grid, DotGrid)
    expired = grid.model_copy(update={"expires_on": grid.issued_on})
    with opened(settings(tmp_path)) as session:
        with pytest.raises(CertificateExpired):
            session.begin("mk", (expired,))
        assert session.state is None


@pytest.mark.parametrize("by", ["", "Jane Doe", "x" * 33])
def test_a_person_is_a_code(tmp_path: Path, by: str) -> None:
    """Breaks when a name is written into the records."""
    with opened(settings(tmp_path)) as session, pytest.raises(SessionUnfit, match="no person's code"):
        session.begin(by, certificates())


def test_two_programs_do_not_calibrate_at_once(tmp_path: Path) -> None:
    """Breaks when two sessions mix their steps into one record."""
    with opened(settings(tmp_path)) as first:
        second = Session(first._equipment)
        with pytest.raises(SessionUnfit, match="Another program"), second.alone():
            pass


def test_a_lens_changed_between_steps_is_told(tmp_path: Path) -> None:
    """Breaks when the flat field of one lens and the scale of another make one calibration."""
    with opened(settings(tmp_path)) as session:
        scale_only(session)
    other = settings(tmp_path, lens={"name": "lens 8", "nominal_um_per_px": 10.6})
    with opened(other) as session, pytest.raises(SessionUnfit, match="another camera or lens"):
        session.run(StepName.SCALE, quietly)


def test_stopping_ends_before_the_next_picture(tmp_path: Path) -> None:
    """Breaks when a sweep of twenty pictures cannot be cancelled."""
    lines: list[str] = []
    with opened(settings(tmp_path)) as session:
        session.begin("mk", certificates())

        def stop_at_the_third(line: str) -> None:
            lines.append(line)
            if len(lines) == 3:
                session.stop.set()

        with pytest.raises(CalibrationStopped):
            session.run(StepName.FOCUS, stop_at_the_third)
    assert len(lines) == 3


def test_a_damaged_session_file_is_one_sentence(tmp_path: Path) -> None:
    """Breaks when a damaged file ends every later calibration in a traceback."""
    with opened(settings(tmp_path)) as session:
        session.begin("mk", certificates())
        (tmp_path / "calibration" / "session.json").write_text("{")
        with pytest.raises(SessionUnfit, match="calibrate abort"):
            session.steps()
        session.abort()
        assert session.state is None


def test_lights_are_dark_after_a_step_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a camera that fails leaves the patient's skin under a burning ring."""
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    of = settings(tmp_path, lights={"cross": {"pin": 12, "settle_s": 0.0}}, capture={"light": "cross"})

    with opened(of) as session:
        session.begin("mk", certificates())
        lit: list[object] = []

        def fail(*_: object) -> None:
            lit.append(session._equipment.lights.lit_ring)
            raise CameraTimeout("The camera did not answer", "Restart it")

        monkeypatch.setattr(session._equipment.camera, "still", fail)
        with pytest.raises(CameraTimeout):
            session.run(StepName.SCALE, quietly)
        assert lit == ["cross"]
        assert session._equipment.lights.lit_ring is None


def test_flat_fields_are_taken_for_each_ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when one ring's light is evened by the other's field."""
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    rings = {"cross": {"pin": 12, "settle_s": 0.0}, "parallel": {"pin": 13, "settle_s": 0.0}}
    with opened(settings(tmp_path, lights=rings, capture={"light": "cross"})) as session:
        scale_only(session)
        session.run(StepName.FLAT_FIELD, quietly)
        assert session.state is not None
        assert set(session.state.results.flat_fields) == {"cross", "parallel"}
        assert [one.light for one in session.state.inputs] == ["cross", "parallel"]
