"""The instrument as the chair page works with it: everything open, for as long as the service runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from analysis.noise.floor import NoiseFloor
from device.camera import Aim
from device.chair.busy import Busy
from device.chair.calibrating import Calibrating
from device.chair.refusals import ChairRefused
from device.chair.seat import Seat
from device.chair.stream import LiveStream
from device.chair.taking import Started, Taking
from device.comparing import noise_floors
from device.hardware_error import HardwareError
from device.instrument import Instrument, open_instrument
from device.settings import DeviceSettings
from device.store import Store
from device.triggers import Trigger, Triggers, open_triggers

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5
_STARTED = {Trigger.BUTTON: Started.BUTTON, Trigger.FOOT_SWITCH: Started.FOOT_SWITCH}


@dataclass(frozen=True, eq=False)
class Chair:
    """The chair, open.

    Parameters
    ----------
    settings, settings_file
        The instrument's, and where they lie.
    instrument
        Open. Its store belongs to the thread that opened it: others take :meth:`store`.
    stream, taking
        The live picture, and captures.
    calibrating
        Calibrations and checks; it shares the camera with the captures.
    floors
        Of the instrument's noise.
    seat
        Who works here.
    """

    settings: DeviceSettings
    settings_file: Path
    instrument: Instrument
    stream: LiveStream
    taking: Taking
    calibrating: Calibrating
    floors: Sequence[NoiseFloor] = ()
    seat: Seat = field(default_factory=Seat)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open the store for the calling thread.

        Raises
        ------
        device.store.StoreUnusable
        """
        store = open_store(self.settings)
        try:
            yield store
        finally:
            store.close()


def open_store(settings: DeviceSettings) -> Store:
    """Open the instrument's store for the calling thread."""
    return Store(settings.state_folder, settings.storage.picture_key)


@contextmanager
def open_chair(settings: DeviceSettings, settings_file: Path) -> Iterator[Chair]:
    """Open the instrument, its triggers and what works on it.

    Raises
    ------
    device.camera.CameraError, device.lights.LightsError, device.triggers.TriggersError, device.store.StoreUnusable
    device.store.PictureKeyUnusable, device.calibration.records.RecordsDamaged, device.study.floor_file.FloorUnreadable
    """
    floors = noise_floors(settings)
    with ExitStack() as opened:
        instrument = opened.enter_context(open_instrument(settings))
        triggers = opened.enter_context(open_triggers(settings.triggers))
        stream = opened.enter_context(LiveStream(instrument))
        busy = Busy()
        stream.leave_light_to(lambda: busy.use is not None)
        taking = opened.enter_context(Taking(instrument, lambda: open_store(settings), floors, busy))
        calibrating = opened.enter_context(Calibrating(instrument, busy))
        chair = Chair(settings, settings_file, instrument, stream, taking, calibrating, floors)
        opened.enter_context(_pressed(chair, triggers))
        yield chair


@contextmanager
def _pressed(chair: Chair, triggers: Triggers) -> Iterator[None]:
    """Have button and foot switch take captures of the site that the page is aimed at."""
    ending = threading.Event()
    thread = threading.Thread(target=_take_at_presses, args=(chair, triggers, ending), name="triggers", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def _take_at_presses(chair: Chair, triggers: Triggers, ending: threading.Event) -> None:
    if not triggers.kinds:
        return
    while not ending.is_set():
        try:
            press = triggers.wait(_LOOK_EVERY_S)
            if press is not None and (aim := _aim_of_the_seat(chair)) is not None:
                chair.taking.begin(aim, _STARTED[press.trigger])
        except (ChairRefused, HardwareError) as error:
            _log.warning("%s", error)
        except Exception:  # noqa: BLE001  whatever it is, the next press counts
            _log.exception("A press failed in a way that nobody foresaw.")
            ending.wait(_LOOK_EVERY_S)


def _aim_of_the_seat(chair: Chair) -> Aim | None:
    """Return the site that the screen of who works here shows; None where it shows none, or only others' screens do."""
    aim, session_id, holder = chair.stream.aim, chair.stream.shown_to, chair.seat.holder
    if not isinstance(aim, Aim) or holder is None or holder.session_id != session_id:
        return None
    return aim
