"""A calibration on its way: steps done one after another, kept from each to the next, whoever shows them.

The page and the command line drive the same session.  It lives in `calibration/session.json` of the state folder, so
that it goes on after a restart; nothing of it is in force before `finish`, and `abort` leaves no trace.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from contract import PersonCode, new_message_id
from device import SOFTWARE_VERSION, clock
from device.calibration.bench import Bench, StepRefused
from device.calibration.certificate import Certificate
from device.calibration.record import CalibratedInstrument, CalibrationRecord, Input, Results, Skipped
from device.calibration.records import Records
from device.calibration.step_names import StepName
from device.calibration.steps import STEPS, Step
from device.camera import Camera
from device.lights import Light, Lights
from device.settings import DeviceSettings
from groundwork.durable_file import write_durably


class SessionUnfit(Exception):
    """A session cannot be begun, gone on with or ended; the message says why and what to do."""


class SessionState(BaseModel):
    """Everything that a session knows, as it is kept between steps."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    begun_at: AwareDatetime
    by: PersonCode
    instrument: CalibratedInstrument
    light: Light
    certificates: tuple[Certificate, ...]
    results: Results = Results()
    inputs: tuple[Input, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def pending(self) -> tuple[StepName, ...]:
        """The steps that are neither done nor left out, in their order."""
        settled = {one.step for one in self.skipped} | {one.step for one in self.inputs}
        return tuple(name for name in StepName if name not in settled)


@dataclass(frozen=True, eq=False)
class Equipment:
    """What a session is done with, all of it open."""

    settings: DeviceSettings
    camera: Camera
    lights: Lights


class Session:
    """One calibration of one instrument. Only one at a time: entering its context waits for nobody.

    Parameters
    ----------
    equipment
        Camera, lights and settings.
    """

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._folder = equipment.settings.state_folder / "calibration"
        self._file = self._folder / "session.json"
        self.stop = threading.Event()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the session against other programs.

        Raises
        ------
        SessionUnfit
            When another program calibrates this instrument.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / "session.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise SessionUnfit(
                    "Another program calibrates this instrument already. End it there, or wait."
                ) from error
            yield

    @property
    def state(self) -> SessionState | None:
        """How far the session is; None when there is none.

        Raises
        ------
        SessionUnfit
            When its file is damaged.
        """
        if not self._file.exists():
            return None
        try:
            return SessionState.model_validate_json(self._file.read_bytes())
        except (OSError, ValidationError) as error:
            raise SessionUnfit(
                f"The calibration that was begun cannot be read ({self._file}). Begin again with"
                " `trichoscope calibrate abort`."
            ) from error

    def begin(self, by: str, certificates: tuple[Certificate, ...]) -> SessionState:
        """Begin a session.

        Parameters
        ----------
        by
            Code of the person who calibrates.
        certificates
            Of the targets at hand.

        Raises
        ------
        SessionUnfit
            When one is on its way, or the code is none.
        device.calibration.certificate.CertificateExpired
        """
        if self.state is not None:
            raise SessionUnfit(
                "A calibration is on its way. Go on with `trichoscope calibrate resume`, or end it with"
                " `trichoscope calibrate abort`."
            )
        for certificate in certificates:
            certificate.require_in_date(clock.now().date())
        settings = self._equipment.settings
        state = SessionState(
            begun_at=clock.now(),
            by=_person(by),
            instrument=CalibratedInstrument.of(
                settings.device_id, self._equipment.camera.describe(), settings.lens.name
            ),
            light=settings.capture.lit_by,
            certificates=certificates,
        )
        self._write(state)
        return state

    def run(self, name: StepName, say: Callable[[str], None]) -> str:
        """Do a step; one that is done again replaces what it gave before, and undoes the steps that stand on it.

        Parameters
        ----------
        name
            Of the step.
        say
            Takes a line of progress.

        Returns
        -------
        str
            What it gave, in a sentence.

        Raises
        ------
        SessionUnfit
            When there is no session, or it was begun with another camera or lens.
        StepRefused, device.calibration.targets.refusals.TargetRefused, CalibrationStopped
        device.camera.CameraError, device.lights.LightsError
            When the step gives nothing; the session is then as it was.
        """
        state = self._of_this_instrument()
        undone = tuple(StepName)[tuple(StepName).index(name) :]
        before = state.model_copy(
            update={
                "results": _without(state.results, undone),
                "inputs": tuple(one for one in state.inputs if one.step not in undone),
                "skipped": tuple(one for one in state.skipped if one.step is not name),
            }
        )
        bench = self.bench(name, say, before)
        given = STEPS[name].run(bench)
        results = before.results.model_copy(update=given.results)
        self._write(before.model_copy(update={"results": results, "inputs": tuple(bench.inputs)}))
        return given.sentence

    def bench(self, name: StepName, say: Callable[[str], None], state: SessionState | None = None) -> Bench:
        """Give a step its hands; without a state, those of a check outside of any session."""
        settings = self._equipment.settings
        return Bench(
            step=name,
            camera=self._equipment.camera,
            lights=self._equipment.lights,
            light=settings.capture.lit_by if state is None else state.light,
            certificates=() if state is None else state.certificates,
            results=Results() if state is None else state.results,
            pictures_folder=self._folder / "pictures",
            nominal_um_per_px=settings.lens.nominal_um_per_px,
            distance_mm=settings.lens.distance_mm,
            say=say,
            stop=self.stop,
            inputs=[] if state is None else list(state.inputs),
        )

    def skip(self, name: StepName, reason: str) -> None:
        """Leave a step out.

        Raises
        ------
        SessionUnfit
            When there is no session, or without this step there is no calibration.
        """
        state = self._of_this_instrument()
        if not STEPS[name].optional:
            raise SessionUnfit(f"Without the {name} step there is no calibration: take it.")
        others = tuple(one for one in state.skipped if one.step is not name)
        self._write(state.model_copy(update={"skipped": (*others, Skipped(step=name, reason=reason))}))

    def finish(self) -> CalibrationRecord:
        """Put what was calibrated in force: its record is kept for good, and the session ends.

        Raises
        ------
        SessionUnfit
            When a step is missing.
        device.calibration.records.RecordsUnwritable
        """
        state = self._of_this_instrument()
        if state.pending:
            raise SessionUnfit(f"These steps are missing: {', '.join(state.pending)}. Take them, or leave them out.")
        records = Records(self._equipment.settings.state_folder)
        record = CalibrationRecord(
            record_id=new_message_id(),
            previous_sha256=records.last_sha256(),
            made_at=clock.now(),
            clock_trusted=clock.is_trusted(),
            made_by=state.by,
            software_version=SOFTWARE_VERSION,
            valid_until=clock.now() + timedelta(days=self._equipment.settings.calibration.valid_days),
            instrument=state.instrument,
            still=state.results.asked(self._equipment.camera.usual),
            light=state.light,
            certificates=state.certificates,
            results=state.results,
            inputs=state.inputs,
            skipped=state.skipped,
        )
        records.append(record)
        self._file.unlink()
        return record

    def abort(self) -> None:
        """Give the session up; what is in force stays so, and pictures that no record names go."""
        self._file.unlink(missing_ok=True)
        entries = Records(self._equipment.settings.state_folder).all()
        named = {one.pixels_sha256 for entry in entries if isinstance(entry, CalibrationRecord) for one in entry.inputs}
        for picture in (self._folder / "pictures").glob("*.png"):
            if picture.stem not in named:
                picture.unlink()

    def steps(self) -> tuple[Step, ...]:
        """Return the steps that are still to be done, in their order; none when there is no session."""
        state = self.state
        return () if state is None else tuple(STEPS[name] for name in state.pending)

    def _of_this_instrument(self) -> SessionState:
        state = self.state
        if state is None:
            raise SessionUnfit("No calibration is on its way. Begin one with `trichoscope calibrate run`.")
        settings = self._equipment.settings
        here = CalibratedInstrument.of(settings.device_id, self._equipment.camera.describe(), settings.lens.name)
        if here != state.instrument:
            raise SessionUnfit(
                "The calibration on its way was begun with another camera or lens. Put that one back, or end it with"
                " `trichoscope calibrate abort` and begin again."
            )
        return state

    def _write(self, state: SessionState) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_durably(self._file, state.model_dump_json().encode(), mode=0o600)
        except OSError as error:
            raise StepRefused(
                f"What the step gave cannot be kept ({error}). Free space on the disk of {self._folder}, then take it"
                " again."
            ) from error


def _person(code: str) -> str:
    try:
        return TypeAdapter(PersonCode).validate_python(code)
    except ValidationError as error:
        raise SessionUnfit(
            f"{code!r} is no person's code: up to 32 letters, digits, dots and hyphens, such as mk or tech-3."
        ) from error


def _without(results: Results, steps: tuple[StepName, ...]) -> Results:
    """Forget what these steps gave."""
    forgotten = {field for name in steps for field in STEPS[name].gives}
    return Results(**{field: value for field, value in results if field not in forgotten})
