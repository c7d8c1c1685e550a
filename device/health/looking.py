"""All checks of a chair that is open."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

from device import clock
from device.camera import CameraError
from device.camera.recovery import RecoveringCamera
from device.chair.chair import Chair
from device.delivery.standing import read_standing
from device.foreseen import FORESEEN
from device.health import calibration, delivery, machine, parts
from device.health.check import Check, failed_reading
from device.health.versions import versions
from device.identity import expiry
from device.outbox import Outbox, room

_HOLDS_S = 1.0
_ROOT = Path("/")
_CAUGHT = (*FORESEEN, OSError, ValueError, sqlite3.Error)

_looked_at: WeakKeyDictionary[Chair, tuple[float, Sequence[Check]]] = WeakKeyDictionary()
_turn = threading.Lock()


def checks(chair: Chair, root: Path = _ROOT) -> tuple[Check, ...]:
    """Look at every part of the instrument, in the order in which a technician meets them.

    Nothing is raised: a part that cannot be looked at is a check that failed.

    Parameters
    ----------
    chair
        Open.
    root
        Of the file system in which the machine is read.
    """
    settings = chair.settings
    return (
        _looking("camera", lambda: _camera(chair)),
        _looking("lights", lambda: parts.lights(settings.lights, settings.capture.light)),
        _looking("triggers", lambda: parts.triggers(root, settings.triggers)),
        _looking("calibration", lambda: calibration.calibration(chair.instrument.calibration(), clock.now())),
        *_kept(chair),
        _looking("broker", lambda: delivery.broker(read_standing(settings.state_folder))),
        _looking("certificate", lambda: delivery.certificate(expiry(settings), clock.now())),
        _looking("clock", lambda: machine.clock_trusted(trusted=clock.is_trusted())),
        _looking("temperature", lambda: machine.temperature(root)),
        _looking("power", lambda: machine.power(root)),
        _looking("versions", lambda: versions(root)),
    )


def worst(chair: Chair) -> Check | None:
    """Return what is most urgent; None where nothing is. Looked at no more than once a second.

    Parameters
    ----------
    chair
        Open.
    """
    found = min(recent(chair), key=lambda check: check.urgency)
    return found if found.troubles else None


def recent(chair: Chair) -> Sequence[Check]:
    """Return all checks, of this moment or of at most a second ago.

    Parameters
    ----------
    chair
        Open.
    """
    with _turn:
        looked_at = _looked_at.get(chair)
        if looked_at is None or time.monotonic() - looked_at[0] >= _HOLDS_S:
            looked_at = _looked_at[chair] = time.monotonic(), checks(chair)
        return looked_at[1]


def _looking(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except _CAUGHT as error:
        return failed_reading(name, error)


def _camera(chair: Chair) -> Check:
    camera = chair.instrument.camera
    try:
        name: str | None = camera.describe().model
    except CameraError:
        name = None
    state = camera.state if isinstance(camera, RecoveringCamera) else None
    return parts.camera(state, name, simulated=chair.settings.camera.kind == "simulated")


def _kept(chair: Chair) -> tuple[Check, Check]:
    settings = chair.settings
    try:
        with chair.store() as store:
            box = Outbox(store)
            counts, oldest = box.counts(), box.oldest_waiting()
            left = room(box, settings.state_folder, settings.storage.keep_free_mb)
    except _CAUGHT as error:
        return failed_reading("disk", error), failed_reading("outbox", error)
    return (
        _looking("disk", lambda: delivery.disk(left, settings.storage.keep_free_mb)),
        _looking("outbox", lambda: delivery.outbox(counts, oldest, clock.now())),
    )
