"""What the chair does not do, in a sentence that says why and what to do."""


class ChairRefused(Exception):
    """Something cannot be done at the chair now; nothing has changed."""


class SeatTaken(ChairRefused):
    """Somebody else works at the instrument."""


class NotNow(ChairRefused):
    """It cannot be done at this moment: a capture is being taken, or was taken a moment ago."""
