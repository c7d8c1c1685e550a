"""One visit of a phantom patient, from the camera to the clinic, and the table that holds it against the truth."""

import json
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from contract import DONOR_CONTROL, PROTOCOL, Capture, Interval, Site
from device.calibration.correction import Correction, correction_of
from device.calibration.in_force import latest
from device.calibration.records import Records
from device.demo import broker, clinician
from device.demo.clinic import CLINIC, Clinic, Ports
from device.demo.processes import DemoFailed, look_around, note_requests_to_end
from device.outbox import Outbox, State
from device.store import Store

PATIENT, VISIT_NUMBER = "P-0042", 1
LATER_SITE = Site.VERTEX
CLINICIAN = "clinician"
"""Whose account the demonstration adds: a code, as all accounts have."""

TOLERANCE = 0.10
"""A density may lie this far from the truth where the truth is outside its interval."""

_DELIVERED_WITHIN_S = 60.0
_TABLE_WIDTH = 100


@dataclass(frozen=True)
class Truth:
    """What is true of one picture, in the frame that was measured."""

    density_per_cm2: float
    mean_diameter_um: float | None


@dataclass(frozen=True)
class Row:
    """One capture, its truth, and what became of it at the clinic."""

    capture: Capture
    truth: Truth
    state: State
    picture_received: bool

    @property
    def density_right(self) -> bool:
        """Whether the truth lies inside the printed interval or within the tolerance."""
        figure, truth = self.capture.measurement.hair_density_per_cm2, self.truth.density_per_cm2
        return figure.low <= truth <= figure.high or abs(figure.value - truth) <= TOLERANCE * truth

    @property
    def arrived(self) -> bool:
        """Whether the clinic holds figures and picture."""
        return self.state is State.RECEIVED and self.picture_received


def demonstrate(ports: Ports, seed: int, broker_kind: str | None, *, once: bool, say: Callable[[str], None]) -> bool:
    """Run the demonstration.

    Parameters
    ----------
    ports
        Where its programs listen.
    seed
        Of the phantom patient.
    broker_kind
        One of :data:`device.demo.broker.KINDS`; None takes mosquitto where it is installed.
    once
        End when the table is printed; else stay until Ctrl-C.
    say
        Takes each line of progress.

    Returns
    -------
    bool
        Whether every capture came back with a receipt, its picture too, every density is right, and the clinic's pages
        show what they must, where they were looked at (`once`).

    Raises
    ------
    DemoFailed
        If it cannot be run here.
    """
    note_requests_to_end()
    kinds = broker.installed()
    broker_kind = broker_kind or kinds[0]
    if broker_kind not in kinds:
        raise DemoFailed(f"{broker_kind} is not installed here. Leave --broker out, or install it.")
    if broker_kind == "iotcore":
        say("The broker is iotcore, embedded: no client certificates, no access list, on this machine only.")
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="trichoscope-demo-")))
        clinic = Clinic(folder, ports, broker_kind, seed)
        clinic.refuse_used_ports()
        for name, program in (("broker", clinic.broker), ("collector", clinic.collector), ("device", clinic.device)):
            started = running.enter_context(program())
            say(f"{name} runs (process {started.process.pid}{f', {broker_kind}' if name == 'broker' else ''})")
        say("calibration of the device on drawn targets")
        clinic.calibrate()
        say(f"visit {VISIT_NUMBER} of {PATIENT}: {len(PROTOCOL)} sites before the simulated camera")
        clinic.take_visit(PATIENT, VISIT_NUMBER)
        rows = await_delivery(clinic)
        Console(highlight=False, width=_TABLE_WIDTH).print(_table(rows))
        sites = (LATER_SITE, DONOR_CONTROL)
        say(f"visit {VISIT_NUMBER + 1}: {LATER_SITE} and donor control again, compared hair by hair")
        clinic.take_visit(PATIENT, VISIT_NUMBER + 1, *(word for site in sites for word in ("--site", site)))
        later = await_delivery(clinic, VISIT_NUMBER + 1)
        wrong: list[str] = []
        if once:
            wrong = _look(clinic, later, say)
        else:
            _invite(clinic, say)
            running.enter_context(clinic.chair())
            say(f"The chair page, to take a visit yourself: http://127.0.0.1:{ports.chair}/")
            say("Ctrl-C ends the demonstration.")
            with suppress(KeyboardInterrupt):
                while True:
                    look_around()
    whole = len(rows) == len(PROTOCOL) and len(later) == len(sites)
    return whole and not wrong and all(row.arrived and row.density_right for row in [*rows, *later])


def _invite(clinic: Clinic, say: Callable[[str], None]) -> None:
    """Add a clinician, and tell who watches how to become them: nobody's password is known."""
    patient, report = _addresses(clinic)
    say(f"The clinic's pages ask who you are. Choose a password first: {clinic.add_clinician(CLINICIAN)}")
    say(f"Then the patient's page: {patient}")
    say(f"Its report of the series: {report}")


def _look(clinic: Clinic, later: list[Row], say: Callable[[str], None]) -> list[str]:
    """Look at the pages as a clinician, and return what is wrong, which is said."""
    patient, report = _addresses(clinic)
    wrong = clinician.look(clinic.add_clinician(CLINICIAN), _to_be_read(patient, report, later))
    for sentence in wrong:
        say(sentence)
    if not wrong:
        say("The clinic's pages show the patient and the report to a clinician, and to nobody else.")
    return wrong


def _addresses(clinic: Clinic) -> tuple[str, str]:
    patient = f"http://127.0.0.1:{clinic.ports.page}/patients/{PATIENT}"
    return patient, f"{patient}/sites/{LATER_SITE}/report"


def _to_be_read(patient: str, report: str, later: list[Row]) -> dict[str, str]:
    """Return what the clinic's pages must show: the densities of the later visit, as they are written there."""
    densities = {row.capture.site: f"{row.capture.measurement.hair_density_per_cm2.value:.0f}" for row in later}
    return {patient: f"<strong>{densities.get(LATER_SITE)}</strong>", report: f">{densities.get(LATER_SITE)} <span"}


def await_delivery(clinic: Clinic, visit_number: int = VISIT_NUMBER) -> list[Row]:
    """Wait until the clinic holds everything, or the time is up; return a visit's captures with their truth."""
    store = Store(clinic.folder / "device")
    try:
        outbox = Outbox(store)
        end_s = time.monotonic() + _DELIVERED_WITHIN_S
        while _waiting(outbox) and time.monotonic() < end_s:
            look_around()
        record = latest(Records(clinic.folder / "device"))
        if record is None:
            raise DemoFailed("The device was not calibrated.")
        correction = correction_of(record.results, record.light)
        missing = {picture.sha256 for picture in outbox.waiting_pictures(len(PROTOCOL))}
        return [
            Row(
                capture,
                _truth(clinic.folder / "truth", capture, correction),
                outbox.state(capture.message_id)[0],
                capture.picture.sha256 not in missing,
            )
            for capture in store.visit(PATIENT, visit_number)
        ]
    finally:
        store.close()


def _waiting(outbox: Outbox) -> int:
    counts = outbox.counts()
    return counts.waiting_captures + counts.waiting_pictures + counts.waiting_others


def _truth(folder: Path, capture: Capture, correction: Correction) -> Truth:
    name = f"{capture.patient_code}_{capture.site}_visit{capture.visit_number}_still1.json"
    try:
        hairs = json.loads((folder / name).read_text(encoding="utf-8"))["truth"]["hairs"]
    except OSError as error:
        raise DemoFailed(f"The simulated camera left no truth for the {capture.site} site ({error}).") from error
    x0, y0, x1, y1 = capture.measurement.frame_px
    roots = correction.from_still_px(np.array([h["root_px"] for h in hairs]).reshape(-1, 2))
    inside = np.all((roots >= [x0, y0]) & (roots < [x1, y1]), axis=1).tolist()
    rooted = [h for h, within in zip(hairs, inside, strict=True) if within]
    diameters = [h["diameter_um"] for h in rooted]
    return Truth(
        density_per_cm2=len(rooted) / capture.measurement.area_cm2,
        mean_diameter_um=sum(diameters) / len(diameters) if diameters else None,
    )


def _table(rows: list[Row]) -> Table:
    table = Table(
        title=f"Clinic {CLINIC}, patient {PATIENT}, visit {VISIT_NUMBER}",
        title_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
    )
    table.add_column("site")
    for heading in ("true", "hairs/cm2 (95 %)", "true", "mean um (95 %)"):
        table.add_column(heading, justify="right")
    for heading in ("density", "quality", "receipt"):
        table.add_column(heading)
    for row in rows:
        measurement, truth = row.capture.measurement, row.truth
        table.add_row(
            row.capture.site,
            f"{truth.density_per_cm2:.0f}",
            _figure(measurement.hair_density_per_cm2),
            "-" if truth.mean_diameter_um is None else f"{truth.mean_diameter_um:.0f}",
            _figure(measurement.mean_diameter_um),
            "right" if row.density_right else "wrong",
            row.capture.quality.verdict,
            _delivery(row),
        )
    return table


def _figure(interval: Interval | None) -> str:
    return "-" if interval is None else f"{interval.value:.0f} ({interval.low:.0f}-{interval.high:.0f})"


def _delivery(row: Row) -> str:
    if row.state is State.WAITING:
        return "none yet"
    said = "stored" if row.state is State.RECEIVED else str(row.state)
    return said if row.picture_received else f"{said}, picture pending"
