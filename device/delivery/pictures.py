"""The delivery of pictures: ``PUT /images/{sha256}`` to the collector, beside the figures and never in their way.

Over HTTPS with the device's certificate. By MQTT a picture would stand before every figure: a 10 kB result behind a
10 MB message on a 50 Mbit/s link waited 2,013 ms, beside a PUT 8 ms.

A picture that fails rests by itself, and the others go on: shortly where the clinic may take it later, up to an hour
where it said that it never will, or where the file needs a person. Only a collector that is not there stops all.
"""

import logging
import socket
import threading
import time
from collections.abc import Iterator

import httpx

from device import clock
from device.backoff import waiting_times_s
from device.outbox import Outbox, WaitingPicture
from device.settings import DeviceSettings
from device.store import PictureDamaged, PictureKeyUnusable, Store
from groundwork.client_tls import client_context

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.01  # whether anything was kept: some microseconds, as for figures
_LOOK_ALL_THE_SAME_EVERY_S = 1.0
_RETRY_AFTER_S, _RETRY_AFTER_AT_MOST_S = 1.0, 60.0
_REFUSED_AFTER_S, _REFUSED_AFTER_AT_MOST_S = 60.0, 3600.0
_MOST_AT_ONCE = 100
_MOST_SAID = 300  # characters of the clinic's words that are kept
# What of a picture stands in the queue of a slow link, every figure waits behind: with the usual 2.5 MB that was 60 ms
# on 50 Mbit/s. It bounds a picture to so many bytes a round trip.
_NARROW = [(socket.SOL_SOCKET, socket.SO_SNDBUF, 96 * 1024)]
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_LATER = frozenset({httpx.codes.FORBIDDEN, httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS})
"""Of the answers 4xx those that say nothing of the picture: it may pass later."""


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
        self._pictures = store.pictures
        self._outbox = Outbox(store)
        self._base_url = str(settings.pictures.url).rstrip("/")
        self._settings = settings.broker
        self._resting: dict[str, _Rest] = {}

    def run(self, stop: threading.Event) -> None:
        """Upload until ``stop`` is set; what fails is tried again for as long as it takes."""
        waits_s = self._waits_s()
        while not stop.is_set():
            seen = self._outbox.version()
            if self._upload(self._due(), stop):
                waits_s = self._waits_s()
                self._await_another(seen, stop)
            else:
                stop.wait(next(waits_s))

    def _await_another(self, seen: int, stop: threading.Event) -> None:
        """Wait until something was kept since that version of the outbox, or may be due by time alone."""
        end_s = time.monotonic() + _LOOK_ALL_THE_SAME_EVERY_S
        while self._outbox.version() == seen and time.monotonic() < end_s:
            if stop.wait(_LOOK_EVERY_S):
                return

    def _waits_s(self) -> Iterator[float]:
        return waiting_times_s(_RETRY_AFTER_S, _RETRY_AFTER_AT_MOST_S)

    def _due(self) -> list[WaitingPicture]:
        """Return the pictures that are to be tried now: however many rest, they keep no other back."""
        waiting = self._outbox.waiting_pictures(_MOST_AT_ONCE + len(self._resting))
        moment_s, resting = time.monotonic(), self._resting
        return [one for one in waiting if one.sha256 not in resting or resting[one.sha256].until_s <= moment_s]

    def _upload(self, pictures: list[WaitingPicture], stop: threading.Event) -> bool:
        """Try each picture once; return False if the collector is not there, or delivery was stopped."""
        if not pictures:
            return True
        try:
            with self._client() as client:
                for picture in pictures:
                    if stop.is_set():
                        return False
                    self._deliver(client, picture, stop)
        except _Stopped:
            return False
        except (httpx.HTTPError, OSError) as error:
            _log.warning("The collector's picture service cannot be reached: %s. Pictures wait in the store.", error)
            return False
        return True

    def _client(self) -> httpx.Client:
        tls = client_context(self._settings.authority, self._settings.certificate, self._settings.key)
        transport = httpx.HTTPTransport(verify=tls, trust_env=False, socket_options=_NARROW)
        return httpx.Client(transport=transport, timeout=_TIMEOUT, trust_env=False)

    def _deliver(self, client: httpx.Client, picture: WaitingPicture, stop: threading.Event) -> None:
        address = f"{self._base_url}/images/{picture.sha256}"
        try:
            # What failed before may have arrived all the same: asking is cheaper than 10 MB.
            tried = picture.trouble is not None or picture.sha256 in self._resting
            if not (tried and client.head(address).is_success):
                trouble = self._put(client, address, picture, stop)
                if trouble is not None:
                    self._rest(picture, *trouble)
                    return
        except (PictureDamaged, PictureKeyUnusable, OSError) as error:
            # Of a network's errors httpx makes errors of its own: these are of this picture's file.
            self._rest(picture, str(error), for_long=True)
            return
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise
        except httpx.TransportError:
            # Should it be this picture that breaks connections, then the others go first from now on.
            self._resting.setdefault(picture.sha256, _Rest()).begin(for_long=False)
            raise
        self._outbox.record_picture_received(picture.sha256, clock.now())
        self._resting.pop(picture.sha256, None)
        _log.info("The clinic holds picture %s.", picture.sha256[:12])

    def _put(
        self, client: httpx.Client, address: str, picture: WaitingPicture, stop: threading.Event
    ) -> tuple[str, bool] | None:
        """Send a picture; return why the clinic did not take it and whether that is for good, or None."""
        answer = client.put(
            address,
            content=_until_stopped(self._pictures.pieces(picture.sha256, picture.size_bytes), stop),
            headers={
                "Content-Type": picture.media_type,
                "Content-Length": str(picture.size_bytes),
                "If-None-Match": "*",
            },
        )
        if answer.is_success:
            return None
        for_good = answer.is_client_error and answer.status_code not in _LATER
        said = " ".join(answer.text.split())[:_MOST_SAID] or answer.reason_phrase
        return f"The clinic answered {answer.status_code}: {said}", for_good

    def _rest(self, picture: WaitingPicture, trouble: str, for_long: bool) -> None:
        rest = self._resting.setdefault(picture.sha256, _Rest())
        rest.begin(for_long=for_long)
        if trouble != picture.trouble:
            self._outbox.record_picture_trouble(picture.sha256, trouble)
            _log.error("Picture %s stays here: %s", picture.sha256[:12], trouble)


class _Rest:
    """How long one picture is left alone after it failed."""

    def __init__(self) -> None:
        self.until_s = 0.0
        self._for_long = False
        self._waits_s = waiting_times_s(_RETRY_AFTER_S, _RETRY_AFTER_AT_MOST_S)

    def begin(self, *, for_long: bool) -> None:
        if for_long and not self._for_long:
            self._waits_s = waiting_times_s(_REFUSED_AFTER_S, _REFUSED_AFTER_AT_MOST_S)
            self._for_long = True
        self.until_s = time.monotonic() + next(self._waits_s)


def _until_stopped(pieces: Iterator[bytes], stop: threading.Event) -> Iterator[bytes]:
    """Pass a picture's pieces on, so that a slow link cannot hold up the end of the service."""
    for piece in pieces:
        if stop.is_set():
            raise _Stopped
        yield piece
