"""The delivery of pictures: ``PUT /images/{sha256}`` to the collector, beside the figures and never in their way.

Over HTTPS with the device's certificate. By MQTT a picture would stand before every figure: a 10 kB result behind a
10 MB message on a 50 Mbit/s link waited 2,013 ms, beside a PUT 8 ms.
"""

import logging
import threading
from collections.abc import Iterator
from typing import BinaryIO

import httpx

from device import clock
from device.backoff import waiting_times_s
from device.outbox import Outbox, WaitingPicture
from device.settings import DeviceSettings
from device.store import Store
from groundwork.client_tls import client_context

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5
_RETRY_AFTER_S, _RETRY_AFTER_AT_MOST_S = 1.0, 60.0
_MOST_AT_ONCE = 100
_CHUNK_BYTES = 64 * 1024
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


class PictureDamaged(RuntimeError):
    """A kept picture's file is not what was kept; the message says what to do."""


class _Stopped(Exception):
    """Delivery was asked to stop in the middle of a picture."""


class PictureDelivery:
    """Uploads the pictures of one store.

    Parameters
    ----------
    settings
        The instrument's settings.
    store
        Its store, opened by the thread that calls :meth:`run`.
    """

    def __init__(self, settings: DeviceSettings, store: Store) -> None:
        self._store = store
        self._outbox = Outbox(store)
        self._base_url = str(settings.pictures.url).rstrip("/")
        self._settings = settings.broker

    def run(self, stop: threading.Event) -> None:
        """Upload until ``stop`` is set; what fails is tried again for as long as it takes."""
        waits_s = waiting_times_s(_RETRY_AFTER_S, _RETRY_AFTER_AT_MOST_S)
        while not stop.is_set():
            if self._upload(self._outbox.waiting_pictures(_MOST_AT_ONCE), stop):
                waits_s = waiting_times_s(_RETRY_AFTER_S, _RETRY_AFTER_AT_MOST_S)
                stop.wait(_LOOK_EVERY_S)
            else:
                stop.wait(next(waits_s))

    def _upload(self, pictures: list[WaitingPicture], stop: threading.Event) -> bool:
        """Try each picture once; return whether all of them are at the clinic now."""
        if not pictures:
            return True
        all_there = True
        try:
            tls = client_context(self._settings.authority, self._settings.certificate, self._settings.key)
            with httpx.Client(verify=tls, timeout=_TIMEOUT, trust_env=False) as client:
                for picture in pictures:
                    if stop.is_set():
                        return False
                    try:
                        self._put(client, picture, stop)
                    except (httpx.HTTPStatusError, PictureDamaged, OSError) as error:
                        # This one only: the next may pass. Of a network's errors httpx makes errors of its own.
                        all_there = False
                        _log.error("Picture %s stays here: %s", picture.sha256[:12], error)
        except _Stopped:
            return False
        except (httpx.HTTPError, OSError) as error:
            _log.warning("The collector's picture service cannot be reached: %s. Pictures wait in the store.", error)
            return False
        return all_there

    def _put(self, client: httpx.Client, picture: WaitingPicture, stop: threading.Event) -> None:
        path = self._store.picture_path(picture.sha256)
        with path.open("rb") as file:
            if path.stat().st_size != picture.size_bytes:
                raise PictureDamaged(f"{path} has lost or gained bytes. Restore it from a backup, or take it again.")
            response = client.put(
                f"{self._base_url}/images/{picture.sha256}",
                content=_chunks(file, stop),
                headers={
                    "Content-Type": picture.media_type,
                    "Content-Length": str(picture.size_bytes),
                    "If-None-Match": "*",
                },
            )
        response.raise_for_status()
        self._outbox.record_picture_received(picture.sha256, clock.now())
        _log.info("The clinic holds picture %s.", picture.sha256[:12])


def _chunks(file: BinaryIO, stop: threading.Event) -> Iterator[bytes]:
    """Yield a file piece by piece, so that a slow link cannot hold up the end of the service."""
    while chunk := file.read(_CHUNK_BYTES):
        if stop.is_set():
            raise _Stopped
        yield chunk
