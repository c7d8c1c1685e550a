"""The programs, disks and network of one scenario, as they stand before anything goes wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.delivery.chaos.clocks import Clock
from benchmarks.delivery.chaos.disks import Disk, run
from benchmarks.delivery.chaos.messages import ACCESS, INJECTOR, Stranger
from benchmarks.delivery.chaos.network import Link, Loopback, SpoiltConnections
from benchmarks.delivery.chaos.plan import Kind, Plan, Right, Side
from benchmarks.delivery.chaos.programs import Service
from benchmarks.delivery.chaos.rights import faketime
from collector import authority, broker
from device.demo.broker import mosquitto
from device.demo.clinic import CLINIC, Clinic, Ports
from device.demo.processes import own_program
from tests.free_ports import free_ports

_READY_WITHIN_S = 30.0
_RESERVE = "keep_free_mb = 8\n"
"""Of the collector's disk, which is small here."""


class ChaosClinic:
    """A clinic and a chair, with all that can be spoilt of them.

    Parameters
    ----------
    folder : Path
        Existing and empty.
    plan : Plan
        What is planned decides what is made ready for it.
    lacking : dict of Right to str
        What cannot be made here.
    until : ExitStack
        Ends everything.
    """

    def __init__(self, folder: Path, plan: Plan, lacking: dict[Right, str], until: ExitStack) -> None:
        self.folder = folder
        self.device_folder, self.collector_folder = folder / "device", folder / "collector"
        self.journal = folder / "journal"
        self.link: Link | None = None
        self.disks: dict[Side, Disk] = {}
        sandboxed = Right.SANDBOX not in lacking
        if sandboxed:
            run(["mount", "-t", "tmpfs", "none", "/dev/shm"])  # noqa: S108  libfaketime's, by ids that repeat
            self.link = Link(until)
            self.disks = {side: Disk(folder / side, kind) for side, kind in plan.disks.items()}
        sides = self.link or Loopback()
        here, there = free_ports(), free_ports()
        if sandboxed:
            there = here  # each side has all numbers to itself
        clinic = Clinic(folder, here, "mosquitto", seed=plan.seed)
        certificates = folder / "certificates"
        authority.ensure_client(certificates, INJECTOR)
        _point_elsewhere(clinic.collector_settings, here, there, "0.0.0.0" if sandboxed else "127.0.0.1")  # noqa: S104
        _write_broker(folder / "broker", certificates, there.broker, sandboxed=sandboxed)
        routes = [
            (near, sides.address, far) for near, far in ((here.broker, there.broker), (here.pictures, there.pictures))
        ]
        self.connections = SpoiltConnections(
            sides.on_the_device([sys.executable, "-m", "benchmarks.delivery.chaos.proxy", json.dumps(routes)]),
            folder / "logs" / "proxy.log",
            until,
        )
        self.stranger = Stranger(certificates, there.broker, self.device_folder, self.collector_folder)
        self.clocks = self._clocks(plan)
        self.services = self._services(clinic, plan.seed, sides)
        for service in self.services.values():
            until.callback(service.hold_down)
        self._start(there.broker)

    def _clocks(self, plan: Plan) -> dict[Side, Clock]:
        jumping = {fault.side for fault in plan.faults if fault.kind is Kind.CLOCK}
        library = faketime()
        if library is None:
            return {}
        return {side: Clock(self.folder / f"clock-of-{side}", library) for side in jumping if side is not None}

    def _environment(self, side: Side) -> dict[str, str]:
        return self.clocks[side].environment() if side in self.clocks else {}

    def _services(self, clinic: Clinic, seed: int, sides: Link | Loopback) -> dict[Side, Service]:
        logs = self.folder / "logs"
        chair = [sys.executable, "-m", "benchmarks.delivery.chaos.chair", str(self.device_folder), str(self.journal)]
        device = sides.on_the_device([own_program("trichoscope"), "run", "--settings", str(clinic.device_settings)])
        collector = [own_program("trichoscope-collector"), "run", "--settings", str(clinic.collector_settings)]
        broker_command = [mosquitto() or "mosquitto", "-c", str(self.folder / "broker" / broker.CONFIGURATION)]
        return {
            Side.BROKER: Service("broker", lambda _: broker_command, logs),
            Side.COLLECTOR: Service("collector", lambda _: collector, logs, self._environment(Side.COLLECTOR)),
            Side.DEVICE: Service("device", lambda _: device, logs, self._environment(Side.DEVICE)),
            Side.CHAIR: Service(
                "chair", lambda life: [*chair, str(seed), str(life)], logs, self._environment(Side.CHAIR)
            ),
        }

    def forget(self) -> None:
        """Lose what the broker has written of its sessions and messages; it must be down."""
        for file in (self.folder / "broker" / "persistence").iterdir():
            file.unlink()

    def look(self) -> None:
        """Start what is to run and does not."""
        for service in self.services.values():
            service.look()

    def stop(self) -> None:
        """End all programs in good order, so that the stores can be read."""
        for side in (Side.DEVICE, Side.COLLECTOR, Side.BROKER):
            self.services[side].hold_down(signal.SIGTERM)

    def _start(self, broker_port: int) -> None:
        end_s = time.monotonic() + _READY_WITHIN_S
        self.services[Side.BROKER].look()
        while not _listens(broker_port):
            _wait(end_s, "broker")
        ready = {Side.COLLECTOR: "collector ready", Side.DEVICE: "device ready", Side.CHAIR: "chair ready"}
        for side in ready:
            self.services[side].look()
        for side, line in ready.items():
            while not self.services[side].said(line):
                if self.services[side].pid is None:
                    raise RuntimeError(f"The {side} ended before anything was done to it; see its log.")
                _wait(end_s, side)


def _point_elsewhere(settings: Path, here: Ports, there: Ports, host: str) -> None:
    """Put the clinic's programs on ports of their own: on the settings' lies the proxy."""
    text = settings.read_text(encoding="utf-8")
    for name in ("broker", "pictures"):
        old = f"port = {getattr(here, name)}\n"
        if old not in text:
            raise RuntimeError(f"{settings} has no line {old.strip()!r}: the demonstration's settings have changed.")
        text = text.replace(old, f"port = {getattr(there, name)}\n")
    head, pictures, rest = text.partition("[pictures]\n")
    settings.write_text(
        head + pictures + _RESERVE + rest.replace('host = "127.0.0.1"', f'host = "{host}"', 1), encoding="utf-8"
    )


def _write_broker(folder: Path, certificates: Path, port: int, *, sandboxed: bool) -> None:
    broker.write(
        folder,
        clinic_id=CLINIC,
        certificates=certificates,
        port=port,
        address=None if sandboxed else "127.0.0.1",
        user="root" if os.geteuid() == 0 else None,
    )
    with (folder / broker.ACCESS_LIST).open("a", encoding="utf-8") as access_list:
        access_list.write(ACCESS)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _wait(end_s: float, what: str) -> None:
    if time.monotonic() > end_s:
        raise RuntimeError(f"The {what} was not ready within {_READY_WITHIN_S:.0f} s; see its log.")
    time.sleep(0.02)
