"""Who has the camera: a capture or a step of the calibration, never both."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from device.chair.refusals import NotNow


class Use(StrEnum):
    """What the instrument is busy with."""

    CAPTURE = "capture"
    CALIBRATION = "calibration"


_BUSY_WITH = {
    Use.CAPTURE: "A picture is being taken. Wait until it is measured.",
    Use.CALIBRATION: "The instrument is being calibrated. Wait until the step has ended, or stop it, then try again.",
}


class Busy:
    """The one use of the camera at a time. A second one is refused, not kept waiting: the person decides anew."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._use: Use | None = None

    @property
    def use(self) -> Use | None:
        """What it is busy with."""
        return self._use

    def require_free(self) -> None:
        """Refuse what would break a use off.

        Raises
        ------
        NotNow
            If the instrument is busy.
        """
        if (use := self._use) is not None:
            raise NotNow(_BUSY_WITH[use])

    def hold(self, use: Use) -> None:
        """Begin a use; whoever holds it calls :meth:`let_go`, from any thread.

        Raises
        ------
        NotNow
            If the instrument is busy.
        """
        with self._turn:
            if self._use is not None:
                raise NotNow(_BUSY_WITH[self._use])
            self._use = use

    def let_go(self) -> None:
        """End the use."""
        with self._turn:
            self._use = None

    @contextmanager
    def held(self, use: Use) -> Iterator[None]:
        """Hold it for the length of the block.

        Raises
        ------
        NotNow
            If the instrument is busy.
        """
        self.hold(use)
        try:
            yield
        finally:
            self.let_go()
