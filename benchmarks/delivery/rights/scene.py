"""A clinic whose broker and collector are tried: real programs, as their own commands set them up, on this machine."""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import subprocess
import warnings
from collections.abc import Iterator
from getpass import getuser
from pathlib import Path

from benchmarks.delivery.rights.bare_client import WITHIN_S, BareClient
from collector import broker
from collector.identity.revocation import LIST, revoke
from contract import Channel, Topic
from device.demo.broker import mosquitto
from device.demo.clinic import CLINIC, COLLECTOR, DEVICE, Clinic
from device.demo.processes import DemoFailed, own_program, started
from tests.free_ports import free_port, free_ports

HOSTILE, OTHER, REVOKED = DEVICE, "chair-2", "chair-3"
"""The device whose certificate is in wrong hands, another of the same clinic, and one that was revoked."""

WITNESS = "witness"
"""Who sees everything: put into the access list of this broker alone, below what the collector's command writes."""

_WITNESS_SEES = f"user {WITNESS}\ntopic read #\ntopic read $SYS/#\ntopic read $CONTROL/#\n"
_AUTHORITY = "authority"


class Scene:
    """One clinic with three devices, one of them revoked.

    Parameters
    ----------
    folder
        An existing, empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.clinic = Clinic(folder, free_ports(), "mosquitto", seed=1)
        self.certificates = folder / "certificates"
        self._folder = folder
        self._numbers = itertools.count(1)
        clients = [word for name in (OTHER, REVOKED, WITNESS) for word in ("--client", name)]
        _call("certificates", "--folder", str(self.certificates), *clients)
        revoke(self.certificates, REVOKED)
        self.enrolment_port = free_port()
        self._set_collector_up()

    @property
    def broker_port(self) -> int:
        """Where the broker listens."""
        return self.clinic.ports.broker

    @property
    def picture_port(self) -> int:
        """Where the picture service listens."""
        return self.clinic.ports.pictures

    def _set_collector_up(self) -> None:
        """Let the collector look at the list of the revoked, and enrol and renew."""
        table = f"""
[enrolment]
host = "127.0.0.1"
port = {self.enrolment_port}
authority = "{self.certificates}/{_AUTHORITY}.crt"
authority_key = "{self.certificates}/{_AUTHORITY}.key"
"""
        listed = f'revocation_list = "{self.certificates / LIST}"'
        path = self.clinic.collector_settings
        text = path.read_text()
        if "revocation_list" not in text:
            text = text.replace("[pictures]\n", f"[pictures]\n{listed}\n")
        path.write_text(text + table)

    @contextlib.contextmanager
    def broker(self, access_list: str | None = None) -> Iterator[None]:
        """Run the broker with the configuration that the collector's command writes.

        Parameters
        ----------
        access_list
            Another one in place of its own.
        """
        folder = self._folder / "broker"
        broker.write(
            folder,
            clinic_id=CLINIC,
            certificates=self.certificates,
            port=self.broker_port,
            address="127.0.0.1",
            user=getuser(),
        )
        rights = (folder / broker.ACCESS_LIST).read_text() if access_list is None else access_list
        (folder / broker.ACCESS_LIST).write_text(f"{rights}\n{_WITNESS_SEES}")
        log = self._folder / "logs" / "broker.log"
        with started("broker", [mosquitto() or "mosquitto", "-c", str(folder / broker.CONFIGURATION)], log) as program:
            program.wait_for_port(self.broker_port, within_s=30)
            yield

    def unique(self) -> bytes:
        """Return a payload that no other message of this scene has."""
        return b"message %d" % next(self._numbers)

    def pem(self, name: str) -> tuple[Path, Path]:
        """Return the paths of a client's certificate and key."""
        return self.certificates / f"{name}.crt", self.certificates / f"{name}.key"

    def context(self, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
        """Return a TLS context that believes this clinic's services, and shows a certificate or none."""
        context = ssl.create_default_context(cafile=self.certificates / f"{_AUTHORITY}.crt")
        if certificate is not None:
            context.load_cert_chain(certificate, key)
        return context

    def stream(self, port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
        """Connect to one of the clinic's ports by TLS."""
        bare = socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S)
        try:
            bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return context.wrap_socket(bare, server_hostname="localhost")
        except OSError:
            bare.close()
            raise

    def unconnected(self, name: str, level: int = 5) -> BareClient:
        """Return a client that has shown a certificate, and has not said CONNECT yet."""
        return BareClient(self.stream(self.broker_port, self.context(*self.pem(name))), level)

    def client(self, name: str, *, level: int = 5) -> BareClient:
        """Return a client of the broker that is connected.

        Raises
        ------
        DemoFailed
            If the broker refuses it.
        """
        client = self.unconnected(name, level)
        code, _ = client.connect(name)
        if code:
            raise DemoFailed(f"The broker refuses {name}: {code:#04x}.")
        return client


def topic(device: str, channel: Channel, clinic: str = CLINIC) -> str:
    """Return a topic of the clinic."""
    return str(Topic(clinic, device, channel))


def too_old(version: ssl.TLSVersion, context: ssl.SSLContext) -> ssl.SSLContext:
    """Let a context speak one old version of TLS and no other, with all the ciphers that it had."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that they are is the point
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = version
        context.maximum_version = version
    return context


def _call(*arguments: str) -> None:
    result = subprocess.run(
        [own_program("trichoscope-collector"), *arguments], capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise DemoFailed(result.stderr.strip())


__all__ = ["CLINIC", "COLLECTOR", "HOSTILE", "OTHER", "REVOKED", "WITNESS", "Scene", "too_old", "topic"]
