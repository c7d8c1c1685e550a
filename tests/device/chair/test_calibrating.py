"""Calibrating at the chair: the command line's session, a step at a time on a thread, never beside a capture."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device.calibration.record import CalibrationRecord
from device.calibration.session import Equipment, Session, SessionUnfit
from device.calibration.step_names import StepName
from device.camera import Aim, Camera, CameraMissing, CameraStackBroken, TargetKind
from device.camera.recovery import RecoveringCamera
from device.chair import calibrating as calibrating_module
from device.chair.appointments import begin
from device.chair.busy import Busy, Use
from device.chair.calibrating import Calibrating, SessionDamaged
from device.chair.calibrating_state import CalibratingState, Course, target_of
from device.chair.refusals import ChairRefused, NotNow
from device.chair.taking import Stage, Started
from device.instrument import Instrument, open_instrument
from device.settings import DeviceSettings
from tests.device.calibration.simulated import certificates, settings
from tests.device.camera.scripted import ScriptedCamera
from tests.device.page.chair_fixture import open_small_chair

_WITHIN_S = 60.0
SMALL = {"optics": "lens", "um_per_px": 10.6, "size_px": [1014, 760]}
LENS = {"name": "lens 7", "nominal_um_per_px": 10.6, "distance_mm": 40.0}


@contextmanager
def opened(of: DeviceSettings) -> Iterator[tuple[Calibrating, Instrument, Busy]]:
    """Open an instrument and what calibrates it."""
    busy = Busy()
    with open_instrument(of) as instrument, Calibrating(instrument, busy) as calibrating:
        yield calibrating, instrument, busy


def ended(calibrating: Calibrating) -> CalibratingState:
    """Wait for the end of what runs."""
    state = calibrating.state
    while state.running:
        newer = calibrating.wait_newer(state, _WITHIN_S)
        assert newer is not state, "the step takes for ever"
        state = newer
    return state


def done(calibrating: Calibrating, step: StepName) -> CalibratingState:
    """Take a step, which must give something."""
    calibrating.run(step)
    state = ended(calibrating)
    assert state.course is Course.DONE, state.sentence
    return state


def leave_out(calibrating: Calibrating, *but: StepName) -> None:
    """Leave every step out but those."""
    for name in StepName:
        if name not in but:
            calibrating.skip(name, "not in this test")


def calibrated(calibrating: Calibrating, *steps: StepName) -> CalibrationRecord:
    """Calibrate with these steps, the scale among them."""
    calibrating.begin("mk", certificates())
    leave_out(calibrating, *steps)
    for name in StepName:
        if name in steps:
            done(calibrating, name)
    return calibrating.finish()


def test_what_was_calibrated_is_in_force_for_the_next_picture(tmp_path: Path) -> None:
    """Breaks when captures go on with the settings of the calibration before, and are measured with the new one."""
    with opened(settings(tmp_path)) as (calibrating, instrument, busy):
        assert calibrating.state.course is Course.NONE
        before = instrument.camera.usual
        record = calibrated(calibrating, StepName.EXPOSURE, StepName.SCALE)
        assert instrument.calibration().record == record
        assert record.made_by == "mk"
        assert record.still is not None
        assert instrument.camera.usual == record.still != before
        assert instrument.camera.still(None).metadata.exposure_us == record.still.exposure_us
        assert calibrating.begun is None
        assert busy.use is None


def ready_to_finish(calibrating: Calibrating) -> None:
    """Take what a calibration cannot be without."""
    calibrating.begin("mk", certificates())
    leave_out(calibrating, StepName.SCALE)
    done(calibrating, StepName.SCALE)


def camera_trouble(calibrating: Calibrating) -> str | None:
    """Why the camera gives no picture now."""
    return calibrating.camera_trouble


def test_without_a_camera_for_it_nothing_comes_into_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a calibration is in force though the page said that it could not be finished."""

    def broken_stack(*_: object) -> Camera:
        raise CameraStackBroken("picamera2 cannot be imported", "Install it")

    with opened(settings(tmp_path)) as (calibrating, instrument, busy):
        ready_to_finish(calibrating)
        with monkeypatch.context() as patched:
            patched.setattr(calibrating_module, "open_camera", broken_stack)
            with pytest.raises(CameraStackBroken):
                calibrating.finish()
        assert instrument.records.all() == []
        assert calibrating.begun is not None
        assert busy.use is None
        assert instrument.calibration().record is None
        record = calibrating.finish()
        assert instrument.calibration().record == record


def test_a_camera_that_gives_no_picture_with_it_is_told_and_the_calibration_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a camera that does not open anew makes a calibration that is in force look refused."""
    camera = ScriptedCamera()
    camera.opening_errors = [CameraMissing("There is no camera 0", "Check the cable")]
    with opened(settings(tmp_path)) as (calibrating, instrument, busy):
        ready_to_finish(calibrating)
        assert camera_trouble(calibrating) is None
        monkeypatch.setattr(calibrating_module, "open_camera", lambda *_: camera)
        record = calibrating.finish()
        assert instrument.calibration().record == record
        assert calibrating.begun is None
        assert calibrating.state.course is Course.NONE
        assert camera_trouble(calibrating) == "There is no camera 0. Check the cable."
        assert busy.use is None
        assert isinstance(instrument.camera, RecoveringCamera)
        instrument.camera.try_again()
        assert camera_trouble(calibrating) is None
        assert camera.shown == 1


def test_a_step_says_what_it_does_and_what_it_gave(tmp_path: Path) -> None:
    """Breaks when the technician sees nothing of a step, or not what came of it."""
    with opened(settings(tmp_path)) as (calibrating, _, _busy):
        calibrating.begin("mk", certificates())
        leave_out(calibrating, StepName.EXPOSURE, StepName.SCALE)
        running = calibrating.run(StepName.EXPOSURE)
        assert (running.running, running.step) == (True, StepName.EXPOSURE)
        state = ended(calibrating)
        assert len(state.lines) == 3
        assert state.sentence is not None
        assert "holds white" in state.sentence
        assert calibrating.said(StepName.EXPOSURE) == state.sentence
        assert calibrating.said(StepName.SCALE) is None


def test_lines_of_progress_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a step that says much grows without an end."""

    def talk(_session: Session, _name: StepName, say: object) -> str:
        assert callable(say)
        for number in range(500):
            say(f"line {number}")
        return "Done."

    monkeypatch.setattr(Session, "run", talk)
    with opened(settings(tmp_path)) as (calibrating, _, _busy):
        calibrating.begin("mk", certificates())
        lines = done(calibrating, StepName.FOCUS).lines
    assert len(lines) == calibrating_module.MOST_LINES
    assert lines[-1] == "line 499"


def test_stopping_ends_the_step_and_keeps_those_before(tmp_path: Path) -> None:
    """Breaks when a sweep cannot be stopped at the page, or stopping costs the session."""
    with opened(settings(tmp_path)) as (calibrating, _, busy):
        calibrating.begin("mk", certificates())
        before = calibrating.begun
        state = calibrating.run(StepName.FOCUS)
        while not state.lines:
            state = calibrating.wait_newer(state, _WITHIN_S)
        calibrating.stop()
        state = ended(calibrating)
        assert state.course is Course.STOPPED
        assert len(state.lines) < 18
        assert calibrating.begun == before
        assert busy.use is None
        calibrating.stop()  # nothing runs: nothing happens
        leave_out(calibrating, StepName.EXPOSURE, StepName.SCALE)
        done(calibrating, StepName.EXPOSURE)


def test_leaving_stops_what_runs(tmp_path: Path) -> None:
    """Breaks when the service does not end while a sweep of twenty pictures runs, or ends with its thread alive."""
    with opened(settings(tmp_path)) as (calibrating, _, _busy):
        calibrating.begin("mk", certificates())
        calibrating.run(StepName.FOCUS)
    assert calibrating.state.course is Course.STOPPED
    assert not [one for one in threading.enumerate() if one.name == "calibrating"]


def test_a_session_goes_on_after_a_restart(tmp_path: Path) -> None:
    """Breaks when a power cut between two steps costs the steps that were done at the page."""
    of = settings(tmp_path)
    with opened(of) as (calibrating, _, _busy):
        calibrating.begin("mk", certificates())
        leave_out(calibrating, StepName.EXPOSURE, StepName.SCALE)
        done(calibrating, StepName.EXPOSURE)
        with pytest.raises(ChairRefused, match="is on its way"):
            calibrating.begin("mk", certificates())
    with opened(of) as (calibrating, _, _busy):
        assert calibrating.begun is not None
        assert calibrating.begun.pending == (StepName.SCALE,)
        assert calibrating.said(StepName.EXPOSURE) is None
        done(calibrating, StepName.SCALE)
        assert calibrating.finish().results.exposure is not None


def test_no_capture_beside_a_step_and_no_step_beside_a_capture(tmp_path: Path) -> None:
    """Breaks when two things hold the camera at once: a capture in the dark, a dark frame in the light."""
    with open_small_chair(tmp_path, camera=SMALL, lens=LENS) as chair:
        with chair.store() as store:
            begin(store, "P-0042", 1, "mk")
        aim = Aim("P-0042", "vertex", 1)
        chair.calibrating.begin("mk", certificates())
        chair.calibrating.run(StepName.FOCUS)
        with pytest.raises(NotNow, match="being calibrated"):
            chair.taking.begin(aim, Started.FOOT_SWITCH)
        with pytest.raises(NotNow, match="being calibrated"):
            chair.calibrating.run(StepName.FOCUS)
        with pytest.raises(NotNow, match="being calibrated"):
            chair.calibrating.abort()
        chair.calibrating.stop()
        ended(chair.calibrating)
        taking = chair.taking.begin(aim, Started.FOOT_SWITCH)
        with pytest.raises(NotNow, match="picture is being taken"):
            chair.calibrating.run(StepName.FOCUS)
        while taking.running:
            taking = chair.taking.wait_newer(taking, _WITHIN_S)
        assert taking.stage is Stage.DONE, taking.sentence
        leave_out(chair.calibrating, StepName.EXPOSURE, StepName.SCALE)
        done(chair.calibrating, StepName.EXPOSURE)


def test_the_command_line_is_refused_while_a_step_runs_and_free_between(tmp_path: Path) -> None:
    """Breaks when page and command line mix their steps, or the page locks the command line out for good."""
    with opened(settings(tmp_path)) as (calibrating, instrument, busy):
        other = Session(Equipment(instrument.settings, instrument.camera, instrument.lights))
        calibrating.begin("mk", certificates())
        calibrating.run(StepName.FOCUS)
        with pytest.raises(SessionUnfit, match="Another program"), other.alone():
            pass
        calibrating.stop()
        ended(calibrating)
        with other.alone():
            with pytest.raises(SessionUnfit, match="Another program"):
                calibrating.run(StepName.FOCUS)
            with pytest.raises(SessionUnfit, match="Another program"):
                calibrating.skip(StepName.FOCUS, "why")
        assert busy.use is None
        assert not calibrating.state.running


def test_a_refused_target_says_why_and_leaves_the_session(tmp_path: Path) -> None:
    """Breaks when a target with another certificate gives a scale, or its refusal costs the calibration."""
    (grid,) = certificates("dot-grid")
    wrong = grid.model_copy(update={"pitch_um": 400.0, "dot_diameter_um": 200.0, "fiducial_diameter_um": 288.0})
    with opened(settings(tmp_path)) as (calibrating, _, busy):
        calibrating.begin("mk", (wrong,))
        leave_out(calibrating, StepName.SCALE, StepName.BLUR)
        before = calibrating.begun
        calibrating.run(StepName.SCALE)
        state = ended(calibrating)
        assert state.course is Course.REFUSED
        assert state.sentence
        assert calibrating.begun == before
        assert busy.use is None
        with pytest.raises(ChairRefused, match="in their order"):
            calibrating.run(StepName.BLUR)
        with pytest.raises(ChairRefused, match="Steps are missing"):
            calibrating.finish()
        calibrating.abort()
        assert calibrating.begun is None
        assert calibrating.state.course is Course.NONE


def test_what_nobody_foresaw_ends_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a fault in a step leaves the instrument busy for ever."""

    def fail(*_: object) -> str:
        raise RuntimeError("boom")

    with opened(settings(tmp_path)) as (calibrating, _, busy):
        calibrating.begin("mk", certificates())
        with monkeypatch.context() as patched:
            patched.setattr(Session, "run", fail)
            calibrating.run(StepName.FOCUS)
            state = ended(calibrating)
        assert state.course is Course.REFUSED
        assert state.sentence == "The step could not be done: the program failed. Take it again; the log says more."
        assert busy.use is None


def test_a_step_is_left_out_for_a_reason_or_not_at_all(tmp_path: Path) -> None:
    """Breaks when a step is left out for no reason, or the scale is."""
    with opened(settings(tmp_path)) as (calibrating, _, _busy):
        with pytest.raises(ChairRefused, match="No calibration is on its way"):
            calibrating.skip(StepName.FOCUS, "why")
        calibrating.begin("mk", certificates("dot-grid"))
        for reason in ("", "  ", "x" * 301):
            with pytest.raises(ChairRefused, match="1 to 300"):
                calibrating.skip(StepName.FOCUS, reason)
        with pytest.raises(ChairRefused, match="Take this step"):
            calibrating.skip(StepName.SCALE, "no target")
        leave_out(calibrating, StepName.EXPOSURE, StepName.COLOUR, StepName.SCALE)
        done(calibrating, StepName.EXPOSURE)
        with pytest.raises(ChairRefused, match="done already"):
            calibrating.skip(StepName.EXPOSURE, "why")
        with pytest.raises(ChairRefused, match="No certificate of this step's target"):
            calibrating.run(StepName.COLOUR)


def test_a_damaged_session_can_be_given_up(tmp_path: Path) -> None:
    """Breaks when a damaged file shuts the page out of calibrating for good."""
    with opened(settings(tmp_path)) as (calibrating, _, _busy):
        calibrating.begin("mk", certificates())
        (tmp_path / "calibration" / "session.json").write_text("{")
        with pytest.raises(SessionDamaged, match="Give it up"):
            calibrating.run(StepName.FOCUS)
        calibrating.abort()
        assert calibrating.begun is None


def test_a_lens_changed_between_steps_is_told(tmp_path: Path) -> None:
    """Breaks when one lens' light and another's scale make one calibration at the page."""
    with opened(settings(tmp_path)) as (calibrating, _, _busy):
        calibrating.begin("mk", certificates())
    other = settings(tmp_path, lens={"name": "lens 8", "nominal_um_per_px": 10.6})
    with opened(other) as (calibrating, _, _busy), pytest.raises(ChairRefused, match="another camera or lens"):
        calibrating.run(StepName.FOCUS)


def test_the_daily_check_is_kept_and_finds_a_scale_that_moved(tmp_path: Path) -> None:
    """Breaks when the morning's check passes whatever it sees, or is kept nowhere."""
    of = settings(tmp_path)
    with opened(of) as (calibrating, instrument, _busy):
        with pytest.raises(ChairRefused, match="no calibration to check"):
            calibrating.check("mk")
        calibrated(calibrating, StepName.SCALE)
        calibrating.check("tech-3")
        state = ended(calibrating)
        assert state.step is None
        assert state.check is not None
        assert state.check.passed
        assert (state.check.made_by, state.check) == ("tech-3", instrument.records.all()[-1])
        record_file, check_file = sorted(instrument.records.folder.iterdir())
        check_file.unlink()
        record = CalibrationRecord.model_validate_json(record_file.read_bytes())
        assert record.results.reference is not None
        moved = record.results.reference.model_copy(update={"um_per_px": 1.01 * record.results.reference.um_per_px})
        results = record.results.model_copy(update={"reference": moved})
        record_file.write_text(record.model_copy(update={"results": results}).model_dump_json())
        calibrating.check("mk")
        state = ended(calibrating)
        assert state.check is not None
        assert not state.check.passed
        assert instrument.calibration().due == state.check.findings[0].sentence


def test_the_revision_changes_with_the_session_and_with_the_work(tmp_path: Path) -> None:
    """Breaks when another screen shows a step that was done or left out elsewhere as still to do."""
    with opened(settings(tmp_path)) as (calibrating, _, _busy):
        seen = [calibrating.revision]
        calibrating.begin("mk", certificates())
        seen.append(calibrating.revision)
        calibrating.skip(StepName.FOCUS, "why")
        seen.append(calibrating.revision)
        calibrating.run(StepName.EXPOSURE)
        seen.append(calibrating.revision)
        ended(calibrating)
        seen.append(calibrating.revision)
        calibrating.abort()
        seen.append(calibrating.revision)
    assert len(set(seen)) == len(seen)


def test_each_step_has_its_target() -> None:
    """Breaks when the live picture shows another target than the step's."""
    ruler = certificates("stage-micrometer")
    assert target_of(StepName.SCALE, ruler) is TargetKind.STAGE_MICROMETER
    assert target_of(StepName.SCALE, (*ruler, *certificates("dot-grid"))) is TargetKind.DOT_GRID
    assert {target_of(name, ruler) for name in StepName} == {
        TargetKind.STAGE_MICROMETER,
        TargetKind.SLANTED_EDGE,
        TargetKind.WHITE_CARD,
        TargetKind.DARK,
        TargetKind.COLOUR_CHART,
    }


def test_the_instrument_is_busy_with_one_thing() -> None:
    """Breaks when a second use is let in, or the first is never let go."""
    busy = Busy()
    with busy.held(Use.CALIBRATION), pytest.raises(NotNow), busy.held(Use.CAPTURE):
        pass
    assert busy.use is None
    busy.hold(Use.CAPTURE)
    with pytest.raises(NotNow, match="picture is being taken"):
        busy.hold(Use.CALIBRATION)
    busy.let_go()
    with pytest.raises(ZeroDivisionError), busy.held(Use.CALIBRATION):
        raise ZeroDivisionError
    assert busy.use is None
