"""``trichoscope run``: the service that delivers what the instrument has kept."""

import fcntl
import logging
import os
import signal
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import click

from contract import PATIENT_CODE
from device.baseline import ComparingLater
from device.commands.options import settings_option
from device.comparing import compare_capture, noise_floors
from device.delivery import Delivery, PictureDelivery
from device.delivery.lasting import last
from device.settings import DeviceSettings
from device.store import Store, StoreUnusable
from groundwork.log_file import log_to_file
from groundwork.log_privacy import log_without_codes
from groundwork.settings_file import read


@click.command()
@settings_option
def run(settings_file: Path) -> None:
    """Deliver captures and pictures to the clinic until stopped, and compare what the chair could not."""
    log_without_codes("%(levelname)s %(message)s", PATIENT_CODE)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = read(DeviceSettings, settings_file)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    os.umask(0o077)  # pictures of patients: nobody else's to read
    open_store = partial(Store, settings.state_folder, settings.storage.picture_key)
    open_store().close()  # a store that cannot be used is said before anything begins
    log_to_file(settings.state_folder / "logs" / "run.log", PATIENT_CODE)
    try:
        with (settings.state_folder / "delivery.lock").open("w") as lock, ThreadPoolExecutor(3) as beside:
            _hold_alone(lock.fileno(), settings.state_folder)
            compare = partial(compare_capture, floors=noise_floors(settings))
            others = [
                beside.submit(_ending_all, stop, partial(last, open_store, work, stop))
                for work in (
                    lambda store: PictureDelivery(settings, store).run(stop),
                    lambda store: ComparingLater(settings, store, compare).run(stop),
                )
            ]
            others.append(beside.submit(_ending_all, stop, partial(_keep_certificate, settings, stop)))
            try:
                click.echo("device ready: delivering")
                last(open_store, lambda store: Delivery(settings, store).run(stop), stop)
            finally:
                stop.set()
            for other in others:
                other.result()
    except sqlite3.Error as error:
        raise StoreUnusable(f"The store in {settings.state_folder} failed ({error}). Check the disk.") from error


def _hold_alone(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreUnusable(f"Another 'trichoscope run' delivers from {folder} already. Stop it first.") from error


def _keep_certificate(settings: DeviceSettings, stop: threading.Event) -> None:
    from device.identity.renewal import CertificateRenewal  # noqa: PLC0415  cryptography is slow to import

    CertificateRenewal(settings).run(stop)


def _ending_all(stop: threading.Event, work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        stop.set()  # whichever part ends, all end: whoever started the service sees it and starts it anew
