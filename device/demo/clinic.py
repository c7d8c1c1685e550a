"""A clinic on this machine for the demonstration: certificates, broker, collector and one device, in one folder."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from device.camera.simulated import CERTIFICATES
from device.demo import broker
from device.demo.processes import DemoFailed, Program, own_program, refuse_used_port, run_to_the_end, started

CLINIC, DEVICE, COLLECTOR = "demo", "chair-1", "collector"

_START_WITHIN_S = 30.0

_COLLECTOR_SETTINGS = """\
clinic_id = "{clinic}"
state_folder = "{folder}/collector"

[broker]
host = "127.0.0.1"
port = {ports.broker}
authority = "{certificates}/authority.crt"
certificate = "{certificates}/{collector}.crt"
key = "{certificates}/{collector}.key"

[pictures]
host = "127.0.0.1"
port = {ports.pictures}
authority = "{certificates}/authority.crt"
certificate = "{certificates}/server.crt"
key = "{certificates}/server.key"
revocation_list = "{certificates}/revoked.pem"

[page]
port = {ports.page}
"""

_DEVICE_SETTINGS = """\
clinic_id = "{clinic}"
device_id = "{device}"
state_folder = "{folder}/device"

[camera]
kind = "simulated"
seed = {seed}
optics = "lens"
um_per_px = {um_per_px}
preview_width_px = 1014
truth_folder = "{folder}/truth"

[lens]
name = "simulated lens"
nominal_um_per_px = {um_per_px}
distance_mm = 40.0

[calibration]
certificates = "{targets}"

[broker]
host = "127.0.0.1"
port = {ports.broker}
authority = "{certificates}/authority.crt"
certificate = "{certificates}/{device}.crt"
key = "{certificates}/{device}.key"

[pictures]
url = "https://127.0.0.1:{ports.pictures}"

[chair]
port = {ports.chair}
"""

UM_PER_PX = 5.3


@dataclass(frozen=True)
class Ports:
    """The ports of this machine that the demonstration listens on, all of them on loopback."""

    broker: int = 18883
    pictures: int = 18443
    page: int = 18080
    chair: int = 18090


class Clinic:
    """The folder of one demonstration and the programs that work in it.

    Parameters
    ----------
    folder
        An existing, empty folder.
    ports
        Where the programs listen.
    broker_kind
        ``"mosquitto"`` or ``"iotcore"``.
    seed
        Of the simulated camera's patients.
    """

    def __init__(self, folder: Path, ports: Ports, broker_kind: str, seed: int) -> None:
        self.folder = folder
        self.ports = ports
        self._broker_kind = broker_kind
        self.device_settings = folder / "device.toml"
        self.collector_settings = folder / "collector.toml"
        certificates = folder / "certificates"
        for name in ("logs", "truth", "broker"):
            (folder / name).mkdir()
        self._call_collector("certificates", "--folder", certificates, "--client", COLLECTOR, "--client", DEVICE)
        names = {
            "clinic": CLINIC,
            "device": DEVICE,
            "collector": COLLECTOR,
            "folder": folder,
            "certificates": certificates,
            "ports": ports,
            "seed": seed,
            "um_per_px": UM_PER_PX,
            "targets": CERTIFICATES,
        }
        self.collector_settings.write_text(_COLLECTOR_SETTINGS.format(**names), encoding="utf-8")
        self.device_settings.write_text(_DEVICE_SETTINGS.format(**names), encoding="utf-8")

    def refuse_used_ports(self) -> None:
        """Raise DemoFailed if one of the ports is taken."""
        refuse_used_port(self.ports.broker, "--broker-port")
        refuse_used_port(self.ports.pictures, "--pictures-port")
        refuse_used_port(self.ports.page, "--page-port")
        refuse_used_port(self.ports.chair, "--chair-port")

    @contextlib.contextmanager
    def broker(self) -> Iterator[Program]:
        """Run the broker for the length of the block."""
        with started("broker", self._broker_command(), self._log("broker")) as program:
            program.wait_for_port(self.ports.broker, _START_WITHIN_S)
            yield program

    @contextlib.contextmanager
    def collector(self) -> Iterator[Program]:
        """Run the collector for the length of the block."""
        command = [own_program("trichoscope-collector"), "run", "--settings", str(self.collector_settings)]
        with started("collector", command, self._log("collector")) as program:
            program.wait_for_line("collector ready", _START_WITHIN_S)
            yield program

    @contextlib.contextmanager
    def device(self) -> Iterator[Program]:
        """Run the device's delivery for the length of the block."""
        command = [own_program("trichoscope"), "run", "--settings", str(self.device_settings)]
        with started("device", command, self._log("device")) as program:
            program.wait_for_line("device ready", _START_WITHIN_S)
            yield program

    @contextlib.contextmanager
    def chair(self) -> Iterator[Program]:
        """Run the device's chair page for the length of the block."""
        command = [own_program("trichoscope"), "chair", "--settings", str(self.device_settings)]
        with started("chair page", command, self._log("chair")) as program:
            program.wait_for_line("chair page:", _START_WITHIN_S)
            yield program

    def calibrate(self) -> None:
        """Calibrate the device with its own command on drawn targets: the steps that the square centimetre needs."""
        calibrate = [own_program("trichoscope"), "calibrate", "run", "--by", "demo", "--no-wait"]
        for target in ("dot-grid", "slanted-edge"):
            calibrate += ["--target", str(CERTIFICATES / f"{target}.toml")]
        for step in ("focus", "exposure", "dark", "response", "colour"):
            calibrate += ["--skip", f"{step}=the demonstration is short"]
        if run_to_the_end([*calibrate, "--settings", str(self.device_settings)]):
            raise DemoFailed("The device could not be calibrated; the reason stands above.")

    def take_visit(self, patient_code: str, visit_number: int, *options: str) -> None:
        """Take a visit with the device's own command; its words go to standard output."""
        visit = [own_program("trichoscope"), "visit", patient_code, "--visit", str(visit_number), "--no-wait"]
        if run_to_the_end([*visit, "--settings", str(self.device_settings), *options]):
            raise DemoFailed("The visit could not be taken; the reason stands above.")

    def add_clinician(self, name: str) -> str:
        """Add a clinician's account, and return its one-time link: there is no default password."""
        return self._call_collector("user", "add", name, "clinician", "--settings", self.collector_settings).split()[0]

    def _broker_command(self) -> list[str]:
        folder, certificates = self.folder / "broker", self.folder / "certificates"
        if self._broker_kind == "iotcore":
            return broker.iotcore_command(folder, certificates, self.ports.broker)
        options = ("--clinic", CLINIC, "--folder", folder, "--certificates", certificates)
        listener = ["--port", str(self.ports.broker), "--address", "127.0.0.1"]
        if os.geteuid() == 0:
            listener += ["--user", "root"]  # else it would become a user who may not read this folder
        self._call_collector("broker", *options, *listener)
        return [broker.mosquitto() or "mosquitto", "-c", str(folder / "mosquitto.conf")]

    def _call_collector(self, *arguments: str | Path) -> str:
        command = [own_program("trichoscope-collector"), *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise DemoFailed(result.stderr.strip() or f"{arguments[0]} failed.")
        return result.stdout

    def _log(self, name: str) -> Path:
        taken = len(list((self.folder / "logs").glob(f"{name}*.log")))
        return self.folder / "logs" / f"{name}-{taken + 1}.log"
