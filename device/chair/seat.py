"""Who works at the instrument: one person at a time, at one screen, and another may take over."""

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

    def other_than(self, session_id: str, technician: str | None) -> Holder | None:
        """Return who has the seat if that is somebody else.

        A person's other screens are no other person: theirs may be gone, as after a browser's crash.

        Parameters
        ----------
        session_id
            Of the browser's session that asks.
        technician
            Code of the person at it; None if they did not say.
        """
        holder = self._holder
        if holder is None or holder.session_id == session_id or holder.technician == technician:
            return None
        return holder

    def take(self, holder: Holder) -> None:
        """Take the seat where it is free or one's own already, at whichever screen.

        Raises
        ------
        SeatTaken
            If somebody else has it.
        """
        with self._turn:
            if (other := self.other_than(holder.session_id, holder.technician)) is not None:
                raise SeatTaken(
                    f"{other.technician} was last at work on another screen of this instrument. Take over if that is"
                    " agreed: nothing of the visit is lost."
                )
            self._holder = holder

    def take_over(self, holder: Holder) -> None:
        """Take the seat from whoever has it."""
        with self._turn:
            self._holder = holder
