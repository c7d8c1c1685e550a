"""What goes wrong with a part of the machine, in two halves: what happened, and what a person does about it."""


class HardwareError(Exception):
    """A part of the machine did not do what it was asked.

    Parameters
    ----------
    cause
        What happened, without a full stop.
    cure
        What to do about it, without a full stop.
    """

    def __init__(self, cause: str, cure: str) -> None:
        super().__init__(f"{cause}. {cure}.")
        self.cause = cause
        self.cure = cure
