"""A stand-in for evdev's InputDevice and the kernel behind it: device files, keys, plugging and unplugging.

Its names and signatures are checked against the real class in `test_input_device`; its events are evdev's own.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from evdev import InputEvent, ecodes


class Plugged:
    """What the kernel knows of one device that is plugged in."""

    def __init__(self, name: str, keys: list[int]) -> None:
        self.name = name
        self.keys = keys
        self.readers: list[InputDevice] = []
        self.holder: object = None
        self.gone = False


class Kernel:
    """Devices in a folder, one file each, and what their keys type into other programs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.devices: dict[str, Plugged] = {}
        self.typed: list[int] = []
        self.unreadable: set[str] = set()
        folder.mkdir()

    def plug(self, node: str, name: str, *keys: int) -> str:
        """Plug a device in; return the path of its file."""
        path = self.folder / node
        path.touch()
        self.devices[str(path)] = Plugged(name, list(keys))
        return str(path)

    def unplug(self, path: str) -> None:
        """Pull it out: who reads it learns that it is gone."""
        Path(path).unlink()
        device = self.devices.pop(path)
        device.gone = True
        for reader in device.readers:
            reader.wake()

    def type(self, path: str, key: int, values: tuple[int, ...] = (1, 0)) -> None:
        """Have a device type a key: 1 is down, 0 up, 2 a repeat."""
        device = self.devices[path]
        if device.holder is None:
            self.typed.append(key)
        for reader in device.readers:
            for value in values:
                reader.events.append(InputEvent(0, 0, ecodes.EV_KEY, key, value))
                reader.events.append(InputEvent(0, 0, ecodes.EV_SYN, ecodes.SYN_REPORT, 0))
            reader.wake()


class InputDevice:
    """What evdev.InputDevice does, as far as a foot switch is concerned."""

    kernel: ClassVar[Kernel]

    def __init__(self, dev: str, readonly: bool = False) -> None:  # noqa: ARG002  as the real one
        self.fd = -1
        if dev in self.kernel.unreadable:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), dev)
        if dev not in self.kernel.devices:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), dev)
        self.path = dev
        self._plugged = self.kernel.devices[dev]
        self.name = self._plugged.name
        self.events: deque[InputEvent] = deque()
        self.fd, self._waker = os.pipe2(os.O_NONBLOCK)
        self._plugged.readers.append(self)

    def wake(self) -> None:
        """Make the file descriptor readable."""
        os.write(self._waker, b".")

    def capabilities(self, verbose: bool = False, absinfo: bool = True) -> dict[int, list[int]]:  # noqa: ARG002
        """Return the codes of each type of event."""
        return {ecodes.EV_SYN: [ecodes.SYN_REPORT], ecodes.EV_KEY: self._plugged.keys}

    def read(self) -> Iterator[InputEvent]:
        """Yield the events that wait."""
        if self._plugged.gone:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        os.read(self.fd, 4096)  # raises BlockingIOError where nothing waits, as the real one does
        while self.events:
            yield self.events.popleft()

    def grab(self) -> None:
        """Take its events for this program alone."""
        if self._plugged.holder is not None:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        self._plugged.holder = self

    def close(self) -> None:
        """Let go of it."""
        if self.fd > -1:
            os.close(self.fd)
            os.close(self._waker)
            self.fd = -1
            self._plugged.readers.remove(self)
            if self._plugged.holder is self:
                self._plugged.holder = None
            if self._plugged.gone:
                raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
