"""What ingestion and pictures tell whoever counts: by default nobody does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from collector.ingestion.decisions import Decision
from collector.store.stored import Answer


class Observer(Protocol):
    """Is told what was done. It returns at once and raises nothing: any thread may tell it."""

    def batch_stored(self, decisions: Sequence[Decision], answers: Sequence[Answer | None], seconds: float) -> None:
        """Take note of a batch that was committed.

        Parameters
        ----------
        decisions, answers
            Of each message, and what it is answered with.
        seconds
            What storing it took, commit included.
        """

    def store_failed(self) -> None:
        """Take note of a batch that could not be committed, and will come again."""

    def waiting(self, messages: int) -> None:
        """Take note of how many messages were received and are not answered."""

    def picture_received(self, outcome: str, size_bytes: int) -> None:
        """Take note of a picture that came.

        Parameters
        ----------
        outcome
            One of :data:`PICTURE_OUTCOMES`.
        size_bytes
            What was received of it.
        """


PICTURE_OUTCOMES = ("stored", "there already", "refused", "broken off")


class Unobserved:
    """Nobody counts."""

    def batch_stored(self, decisions: Sequence[Decision], answers: Sequence[Answer | None], seconds: float) -> None:
        """Pass over it."""

    def store_failed(self) -> None:
        """Pass over it."""

    def waiting(self, messages: int) -> None:
        """Pass over it."""

    def picture_received(self, outcome: str, size_bytes: int) -> None:
        """Pass over it."""
