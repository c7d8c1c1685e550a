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

from device.baseline import ComparingLater
from device.commands.options import settings_option
from device.comparing import compare_capture, noise_floors
from device.delivery import Delivery, PictureDelivery
from device.settings import DeviceSettings
from device.store import Store, StoreUnusable
from groundwork.settings_file import read


@click.command()
@settings_option
def run(settings_file: Path) -> None:
    """Deliver captures and pictures to the clinic until stopped, and compare what the chair could not."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = read(DeviceSettings, settings_file)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    os.umask(0o077)  # pictures of patients: nobody else's to read
    store = Store(settings.state_folder)
    try:
        with (settings.state_folder / "delivery.lock").open("w") as lock, ThreadPoolExecutor(2) as beside:
            _hold_alone(lock.fileno(), settings.state_folder)
            floors = noise_floors(settings)
            others = [
                beside.submit(_beside, settings, stop, lambda store: PictureDelivery(settings, store).run(stop)),
                beside.submit(
                    _beside,
                    settings,
                    stop,
                    lambda store: ComparingLater(settings, store, partial(compare_capture, floors=floors)).run(stop),
                ),
            ]
            try:
                click.echo("device ready: delivering")
                Delivery(settings, store).run(stop)
            finally:
                stop.set()
            for other in others:
                other.result()
    except sqlite3.Error as error:
        raise StoreUnusable(f"The store in {settings.state_folder} failed ({error}). Check the disk.") from error
    finally:
        store.close()


def _hold_alone(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreUnusable(f"Another 'trichoscope run' delivers from {folder} already. Stop it first.") from error


def _beside(settings: DeviceSettings, stop: threading.Event, work: Callable[[Store], None]) -> None:
    store = Store(settings.state_folder)  # SQLite connections stay with the thread that opened them
    try:
        work(store)
    finally:
        stop.set()  # whichever part ends, all end: whoever started the service sees it and starts it anew
        store.close()
