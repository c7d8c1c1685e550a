"""A USB foot switch by python-evdev: held for this program alone, and found again after it was unplugged."""

from __future__ import annotations

import errno
import os
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from device.triggers.errors import FootSwitchUnplugged, TriggersError, TriggersUnavailable
from device.triggers.settings import FootSwitchSettings

if TYPE_CHECKING:
    import evdev

_INPUT_FOLDER = Path("/dev/input")
_LOOK_AGAIN_S = 1.0
# udev sets a new device file's rights a moment after the kernel has made it
_REFUSED_AT_MOST = 5
_GONE = {errno.ENODEV, errno.ENXIO, errno.ENOENT}
_KEY_DOWN = 1  # 0 is up, 2 a repeat while it is held (linux/input.h)


@contextmanager
def watched_foot_switch(
    settings: FootSwitchSettings, pressed: Callable[[], None], troubled: Callable[[TriggersError], None]
) -> Iterator[None]:
    """Call a function on each press of the foot switch, from a thread of its own, while the context is open.

    The device is grabbed: its key types into no other program.

    Parameters
    ----------
    settings
        Which foot switch.
    pressed
        Called on each press; not on release, nor on repeats while it is held.
    troubled
        Called with `FootSwitchUnplugged` when it is not there, at first or later; it is looked for every second. Called
        with `TriggersUnavailable` when it was plugged in again and cannot be used.

    Raises
    ------
    TriggersUnavailable
        If it is there and cannot be used: evdev missing, no such key, no right to it, held by another program.
    """
    code = _key_code(settings)
    try:
        device: evdev.InputDevice[str] | None = _open(settings, code)
    except FootSwitchUnplugged as unplugged:
        device = None
        troubled(unplugged)
    watch = _Watch(settings, code, pressed, troubled)
    watch.start(device)
    try:
        yield
    finally:
        watch.end()


class _Watch:
    """The thread's work: reads the device while it is there, and looks for it while it is not."""

    def __init__(
        self,
        settings: FootSwitchSettings,
        code: int,
        pressed: Callable[[], None],
        troubled: Callable[[TriggersError], None],
    ) -> None:
        self._settings = settings
        self._code = code
        self._pressed = pressed
        self._troubled = troubled
        self._stop = os.eventfd(0)

    def start(self, device: evdev.InputDevice[str] | None) -> None:
        self._thread = threading.Thread(target=self._run, args=(device,), name="foot switch", daemon=True)
        self._thread.start()

    def end(self) -> None:
        os.eventfd_write(self._stop, 1)
        self._thread.join()
        os.close(self._stop)

    def _run(self, device: evdev.InputDevice[str] | None) -> None:
        while True:
            if device is None:
                device = self._found_again()
                if device is None:
                    return
            try:
                self._read(device)
                return
            except OSError:  # unplugged
                self._troubled(_unplugged(self._settings))
            finally:
                _close(device)
            device = None

    def _read(self, device: evdev.InputDevice[str]) -> None:
        """Call on each press, until the end or the device's."""
        from evdev import ecodes  # noqa: PLC0415  imported only where there is a foot switch

        down = (ecodes.EV_KEY, self._code, _KEY_DOWN)
        while self._stop not in select.select([self._stop, device.fd], [], [])[0]:
            with suppress(BlockingIOError):  # woken for nothing
                for event in device.read():
                    if (event.type, event.code, event.value) == down:
                        self._pressed()

    def _found_again(self) -> evdev.InputDevice[str] | None:
        """Look for the device until it is there, or the end has come."""
        refused = 0
        while not select.select([self._stop], [], [], _LOOK_AGAIN_S)[0]:
            try:
                return _open(self._settings, self._code)
            except FootSwitchUnplugged:
                refused = 0
            except TriggersUnavailable as error:
                refused += 1
                if refused == _REFUSED_AT_MOST:
                    self._troubled(error)
        return None


def _open(settings: FootSwitchSettings, code: int) -> evdev.InputDevice[str]:
    """Open the foot switch and grab it."""
    path = str(settings.path) if settings.path is not None else _path_by_name(settings, code)
    device = _open_path(path, settings)
    try:
        if not _has_key(device, code):
            raise TriggersUnavailable(
                f"The device {path} has no key {settings.key}",
                "Press the foot switch in evtest and put the key and device it shows under [triggers.foot_switch]",
            )
        device.grab()
    except OSError as error:
        _close(device)
        if error.errno in _GONE:
            raise _unplugged(settings) from error
        raise TriggersUnavailable(
            f"The foot switch {path} cannot be held for this program alone ({error.strerror})",
            "Stop the other program that holds it: is a second trichoscope running?",
        ) from error
    except TriggersUnavailable:
        _close(device)
        raise
    return device


def _path_by_name(settings: FootSwitchSettings, code: int) -> str:
    """Find the one device of the name that has the key."""
    found: list[str] = []
    refused: TriggersUnavailable | None = None
    for node in sorted(_INPUT_FOLDER.glob("event*")):
        try:
            device = _open_path(str(node), settings)
        except FootSwitchUnplugged:  # another device, gone since the folder was listed
            continue
        except TriggersUnavailable as error:
            refused = error
            continue
        if device.name == settings.name and _has_key(device, code):
            found.append(str(node))
        _close(device)
    if len(found) > 1:
        raise TriggersUnavailable(
            f"Several devices are called {settings.found_by} and have the key {settings.key}: {', '.join(found)}",
            "Give the foot switch's path from /dev/input/by-id in place of its name",
        )
    if not found:
        raise refused or _unplugged(settings)
    return found[0]


def _open_path(path: str, settings: FootSwitchSettings) -> evdev.InputDevice[str]:
    import evdev  # noqa: PLC0415  imported only where there is a foot switch

    try:
        return evdev.InputDevice(path)
    except OSError as error:
        if error.errno in _GONE:
            raise _unplugged(settings) from error
        raise TriggersUnavailable(
            f"The input device {path} cannot be opened ({error.strerror})",
            "Let the user into the group input, or name the right device under [triggers.foot_switch]",
        ) from error


def _has_key(device: evdev.InputDevice[str], code: int) -> bool:
    from evdev import ecodes  # noqa: PLC0415  imported only where there is a foot switch

    return code in device.capabilities().get(ecodes.EV_KEY, [])


def _key_code(settings: FootSwitchSettings) -> int:
    try:
        from evdev import ecodes  # noqa: PLC0415  imported only where there is a foot switch
    except ImportError as error:
        raise TriggersUnavailable(f"evdev cannot be imported ({error})", "Install python3-evdev with apt") from error
    code = ecodes.ecodes.get(settings.key)
    if not isinstance(code, int):
        raise TriggersUnavailable(
            f"The kernel knows no key {settings.key}", "Take the key's name from evtest: KEY_B for the letter b"
        )
    return code


def _close(device: evdev.InputDevice[str]) -> None:
    with suppress(OSError):  # the kernel has let go of it already
        device.close()


def _unplugged(settings: FootSwitchSettings) -> FootSwitchUnplugged:
    return FootSwitchUnplugged(
        f"The foot switch {settings.found_by} is not plugged in",
        "Plug it in, and it works again by itself; the other ways to take a picture work meanwhile",
    )
