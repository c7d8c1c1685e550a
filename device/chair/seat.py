"""Who works at the instrument: one browser session at a time, and another may take over."""

import threading
from dataclasses import dataclass

from device.chair.refusals import SeatTaken


@dataclass(frozen=True)
class Holder:
    """Who sits at the instrument.

    Parameters
    ----------
    session_id
        Of the browser's session.
    technician
        Their code.
    """

    session_id: str
    technician: str


class Seat:
    """The one place at the instrument. Empty after a start: the visits are in the store, and who comes goes on."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._holder: Holder | None = None

    @property
    def holder(self) -> Holder | None:
        """Who has it."""
        return self._holder

    def take(self, holder: Holder) -> None:
        """Take the seat where it is free, or one's own already.

        Raises
        ------
        SeatTaken
            If somebody else has it.
        """
        with self._turn:
            if self._holder is not None and self._holder.session_id != holder.session_id:
                raise SeatTaken(
                    f"{self._holder.technician} works at this instrument on another screen. Take over if that is"
                    " agreed: nothing of the visit is lost."
                )
            self._holder = holder

    def take_over(self, holder: Holder) -> None:
        """Take the seat from whoever has it."""
        with self._turn:
            self._holder = holder

    def leave(self, session_id: str) -> None:
        """Free the seat, if it is this session's."""
        with self._turn:
            if self._holder is not None and self._holder.session_id == session_id:
                self._holder = None
