"""How far a long piece of work is: told to whoever started it."""

from typing import Protocol


class Progress(Protocol):
    """Is told, often, how much of what is done."""

    def __call__(self, what: str, done: int, of: int | None, /) -> None:
        """Take note.

        Parameters
        ----------
        what
            What is counted, in words: never whose.
        done, of
            How many, and of how many; None where nobody knows.
        """


def silent(_what: str, _done: int, _of: int | None, /) -> None:
    """Tell nobody."""
