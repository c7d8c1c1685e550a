"""The calibration as the page does it: the command line's own session, each step on a thread of its own.

What was begun lies in the state folder, so that it goes on after a restart. While a step runs here no capture is taken,
and no other program has the session. The camera is the chair's as long as the service runs: the command line goes on
with what was begun here once the service is stopped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Self

from pydantic import ValidationError

from device.calibration.bench import CalibrationStopped
from device.calibration.certificate import Certificate, ColourChart, SlantedEdge
from device.calibration.check import check as check_target
from device.calibration.record import CalibratedInstrument, CalibrationRecord, Input
from device.calibration.reference import scale_target
from device.calibration.session import Equipment, Session, SessionState, SessionUnfit
from device.calibration.step_names import StepName
from device.calibration.steps import STEPS
from device.camera import Camera, CameraError, open_camera
from device.camera.recovery import RecoveringCamera
from device.chair.busy import Busy, Use
from device.chair.calibrating_state import CalibratingState, Course
from device.chair.refusals import ChairRefused
from device.foreseen import FORESEEN
from device.instrument import Instrument

_log = logging.getLogger(__name__)

MOST_LINES = 30
_CHART_OF = {StepName.COLOUR: ColourChart, StepName.BLUR: SlantedEdge}


class SessionDamaged(ChairRefused):
    """What was begun cannot be read."""


class Calibrating:
    """Calibrates and checks. Leaving its context stops what runs, before its next picture.

    Parameters
    ----------
    instrument
        Open. Its store is not used.
    busy
        Shared with the captures.

    Attributes
    ----------
    busy
        Who has the camera.
    """

    def __init__(self, instrument: Instrument, busy: Busy) -> None:
        self._instrument = instrument
        self.busy = busy
        self._changed = threading.Condition()
        self._state = CalibratingState(0, Course.NONE)
        self._session: Session | None = None
        self._thread: threading.Thread | None = None
        self._said: dict[StepName, tuple[tuple[Input, ...], str]] = {}

    def __enter__(self) -> Self:
        """Be ready."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop what runs; what was done before stays in the session."""
        self.stop()
        with self._changed:
            thread = self._thread
        if thread is not None:
            thread.join()

    @property
    def state(self) -> CalibratingState:
        """How the present or last work stands."""
        with self._changed:
            return self._state

    def wait_newer(self, seen: CalibratingState, timeout_s: float) -> CalibratingState:
        """Wait for a state other than that; return it, or the same once the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._state is not seen, timeout_s)
            return self._state

    @property
    def camera_trouble(self) -> str | None:
        """Why the camera gives no picture, set as it is to what is in force, in a sentence; None while it does."""
        camera = self._instrument.camera
        error = camera.state.error if isinstance(camera, RecoveringCamera) else None
        return None if error is None else str(error)

    @property
    def revision(self) -> str:
        """Return a word that changes whenever the session or the course of a work does."""
        file = self._instrument.settings.state_folder / "calibration" / "session.json"
        state = self.state
        try:
            written_ns = file.stat().st_mtime_ns
        except OSError:
            written_ns = 0
        return f"{state.number}-{state.course}-{written_ns}"

    @property
    def begun(self) -> SessionState | None:
        """The calibration on its way; None where there is none.

        Raises
        ------
        SessionDamaged
        """
        try:
            return self._new_session().state
        except SessionUnfit as error:
            raise SessionDamaged(
                "The calibration that was begun cannot be read: its file is damaged. Give it up and begin anew; what is"
                " in force stays so."
            ) from error

    def said(self, step: StepName) -> str | None:
        """Return what a step of the present session gave, in a sentence; None where that was said before a restart."""
        state = self.begun
        inputs, sentence = self._said.get(step, ((), None))
        return sentence if state is not None and inputs and inputs == _inputs(state, step) else None

    def begin(self, by: str, certificates: tuple[Certificate, ...]) -> SessionState:
        """Begin a calibration.

        Parameters
        ----------
        by
            Code of the person.
        certificates
            Of the targets at hand.

        Raises
        ------
        ChairRefused
            If one is on its way, or the camera is busy.
        device.calibration.session.SessionUnfit, device.calibration.certificate.CertificateExpired
        device.calibration.bench.StepRefused, device.camera.CameraError
        """
        if self.begun is not None:
            raise ChairRefused("A calibration is on its way. Go on with it, or give it up first.")
        scale_target(certificates)
        with self.busy.held(Use.CALIBRATION), (session := self._new_session()).alone():
            return session.begin(by, certificates)

    def run(self, step: StepName) -> CalibratingState:
        """Begin a step, and return at once. One that was done is done again, and undoes those that stand on it.

        Raises
        ------
        ChairRefused
            If there is no session, an earlier step is missing, the target has no certificate, or the camera is busy.
        device.calibration.session.SessionUnfit
            If another program calibrates.
        """
        state = self._of_this_instrument()
        if state.pending and tuple(StepName).index(step) > tuple(StepName).index(state.pending[0]):
            raise ChairRefused("A step before this one is missing. Take the steps in their order.")
        chart = _CHART_OF.get(step)
        if chart is not None and not any(isinstance(one, chart) for one in state.certificates):
            raise ChairRefused(
                "No certificate of this step's target was chosen. Leave the step out with a reason, or give this"
                " calibration up and begin anew with that certificate."
            )

        def work(session: Session) -> CalibratingState:
            sentence = session.run(step, self._say)
            now = session.state
            self._said[step] = (() if now is None else _inputs(now, step), sentence)
            return replace(self.state, course=Course.DONE, sentence=sentence)

        return self._start(step, work)

    def check(self, by: str) -> CalibratingState:
        """Begin the daily check, and return at once.

        Raises
        ------
        ChairRefused
            If there is no calibration to check, or the camera is busy.
        device.calibration.session.SessionUnfit
            If another program calibrates.
        device.calibration.records.RecordsDamaged, device.camera.CameraError
        """
        record = self._instrument.calibration().record
        if record is None:
            raise ChairRefused("There is no calibration to check. Begin a new calibration.")

        def work(session: Session) -> CalibratingState:
            bench = session.bench(StepName.SCALE, self._say)
            found = check_target(bench, record, by, self._instrument.records)
            return replace(self.state, course=Course.DONE, check=found)

        return self._start(None, work)

    def stop(self) -> None:
        """Stop what runs before its next picture; the session stays as it was before the step."""
        with self._changed:
            if self._session is not None:
                self._session.stop.set()

    def skip(self, step: StepName, reason: str) -> None:
        """Leave a step out.

        Raises
        ------
        ChairRefused
            If it is done, may not be left out, has no reason, or the camera is busy.
        device.calibration.session.SessionUnfit
        """
        state = self._of_this_instrument()
        if any(one.step is step for one in state.inputs):
            raise ChairRefused("This step is done already. It is not left out.")
        if not STEPS[step].optional:
            raise ChairRefused("Without the scale there is no calibration. Take this step.")
        with self.busy.held(Use.CALIBRATION), (session := self._new_session()).alone():
            try:
                session.skip(step, reason.strip())
            except ValidationError as error:
                raise ChairRefused("A step is left out with a reason of 1 to 300 characters.") from error

    def finish(self) -> CalibrationRecord:
        """Put what was calibrated in force; from the next picture on the camera is set to it.

        What is raised leaves in force what was. A camera that gives no picture once it is set does not undo the
        calibration: `camera_trouble` says so, and the camera is tried again like any that failed.

        Raises
        ------
        ChairRefused
            If a step is missing, or the camera is busy.
        device.calibration.session.SessionUnfit, device.calibration.records.RecordsUnwritable
        device.camera.CameraError
            If there is no camera for what was calibrated.
        """
        if self._of_this_instrument().pending:
            raise ChairRefused("Steps are missing. Take them, or leave them out with a reason.")
        with self.busy.held(Use.CALIBRATION), (session := self._new_session()).alone():
            found = self._of_this_instrument().results
            still = found.asked(self._instrument.camera.usual)
            camera = open_camera(self._instrument.settings.camera, still)  # made, and not open yet
            record = session.finish()
            self._forget()
            self._take_over(camera)
            return record

    def _take_over(self, camera: Camera) -> None:
        recovering = self._instrument.camera
        if not isinstance(recovering, RecoveringCamera):
            return
        try:
            recovering.replace(camera)
            recovering.try_again()
        except CameraError as error:
            _log.warning("The calibration is in force, and the camera gives no picture with it. %s", error)
        except Exception:  # noqa: BLE001  whatever it is, the calibration is in force
            _log.exception("The calibration is in force, and the camera gives no picture with it.")

    def abort(self) -> None:
        """Give the calibration on its way up; what is in force stays so.

        Raises
        ------
        ChairRefused
            If the camera is busy.
        device.calibration.session.SessionUnfit, device.calibration.records.RecordsDamaged
        """
        with self.busy.held(Use.CALIBRATION), (session := self._new_session()).alone():
            session.abort()
            self._forget()

    def _start(self, step: StepName | None, work: Callable[[Session], CalibratingState]) -> CalibratingState:
        session = self._new_session()
        with ExitStack() as held:
            held.enter_context(self.busy.held(Use.CALIBRATION))
            held.enter_context(session.alone())
            with self._changed:
                self._session = session
                self._state = CalibratingState(self._state.number + 1, Course.RUNNING, step)
                self._changed.notify_all()
                begun = self._state
                self._thread = threading.Thread(
                    target=self._work, args=(session, held.pop_all(), work), name="calibrating", daemon=True
                )
            self._thread.start()
        return begun

    def _work(self, session: Session, held: ExitStack, work: Callable[[Session], CalibratingState]) -> None:
        with held:
            ended = self._ended(session, work)
        with self._changed:  # once all is let go: who sees the end may begin the next at once
            self._session, self._state = None, ended
            self._changed.notify_all()

    def _ended(self, session: Session, work: Callable[[Session], CalibratingState]) -> CalibratingState:
        try:
            return work(session)
        except CalibrationStopped:
            said = "Stopped. What was done before is kept, and what is in force stays so."
            return replace(self.state, course=Course.STOPPED, sentence=said)
        except FORESEEN as error:
            return replace(self.state, course=Course.REFUSED, sentence=str(error))
        except Exception:  # noqa: BLE001  whatever it is, the step can be taken again
            _log.exception("A step of the calibration failed in a way that nobody foresaw.")
            said = "The step could not be done: the program failed. Take it again; the log says more."
            return replace(self.state, course=Course.REFUSED, sentence=said)

    def _say(self, line: str) -> None:
        with self._changed:
            self._state = replace(self._state, lines=(*self._state.lines, line)[-MOST_LINES:])
            self._changed.notify_all()

    def _forget(self) -> None:
        """Forget how the last work went: it belongs to a session that has ended."""
        self._said.clear()
        with self._changed:
            self._state = CalibratingState(self._state.number, Course.NONE)
            self._changed.notify_all()

    def _new_session(self) -> Session:
        of = self._instrument
        return Session(Equipment(of.settings, of.camera, of.lights))

    def _of_this_instrument(self) -> SessionState:
        state = self.begun
        if state is None:
            raise ChairRefused("No calibration is on its way. Begin a new one.")
        settings = self._instrument.settings
        here = CalibratedInstrument.of(settings.device_id, self._instrument.camera.describe(), settings.lens.name)
        if here != state.instrument:
            raise ChairRefused(
                "The calibration on its way was begun with another camera or lens. Put that one back, or give it up and"
                " begin anew."
            )
        return state


def _inputs(state: SessionState, step: StepName) -> tuple[Input, ...]:
    return tuple(one for one in state.inputs if one.step is step)
