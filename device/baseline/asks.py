"""What the instrument asks of its clinic, on its way: the visit writes it down, the delivery sends it.

All SQL of asks is here; the answer is kept beside the store (:mod:`device.baseline.kept`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contract import BaselineAnswer, BaselineAsk
from device.baseline import kept
from device.store import PictureKeyUnusable, Store

_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class PendingAsk:
    """An ask that somebody waits for.

    Parameters
    ----------
    message_id
        Of the ask.
    payload
        As it travels.
    seconds_left
        Until nobody waits any more.
    """

    message_id: UUID
    payload: bytes
    seconds_left: float


class Asks:
    """The asks of a store.

    Parameters
    ----------
    store
        Opened by the calling thread.
    """

    def __init__(self, store: Store) -> None:
        self._connection = store.connection
        self._store = store

    def put(self, ask: BaselineAsk, until: datetime) -> None:
        """Write an ask down to be sent; one for the same site and visit takes the place of an earlier one."""
        self._connection.execute(
            "INSERT OR REPLACE INTO ask (about, message_id, payload, until) VALUES (?, ?, ?, ?)",
            (_about(ask), str(ask.message_id), ask.encode(), until.timestamp()),
        )

    def standing(self, about: str) -> tuple[datetime, str | None] | None:
        """Return until when an ask is waited for and why no answer will come, if that is known; None if none is out."""
        row = self._connection.execute("SELECT until, trouble FROM ask WHERE about = ?", (about,)).fetchone()
        return None if row is None else (kept.moment(row[0]), row[1])

    def pending(self, now: datetime) -> list[PendingAsk]:
        """Return what is to be sent, or was sent and not answered."""
        rows = self._connection.execute(
            "SELECT message_id, payload, until FROM ask WHERE trouble IS NULL AND until > ? ORDER BY until",
            (now.timestamp(),),
        )
        return [PendingAsk(UUID(name), bytes(payload), until - now.timestamp()) for name, payload, until in rows]

    def record_answer(self, answer: BaselineAnswer) -> bool:
        """Keep an answer for the visit, and return whether anybody had asked for it.

        One that tells of a trouble that goes by is none: it is given up for now, and asked again at the next occasion.
        """
        row = self._connection.execute(
            "SELECT about, payload FROM ask WHERE message_id = ?", (str(answer.message_id),)
        ).fetchone()
        if row is None or not _answers(answer, BaselineAsk.model_validate_json(row[1])):
            return False
        if answer.passing and answer.reason is not None:
            self.give_up(answer.message_id, answer.reason)
            return True
        try:
            kept.keep(self._store, row[0], answer)
        except PictureKeyUnusable as error:
            self.give_up(answer.message_id, f"The clinic's answer could not be kept. {error}")
            return True
        self._connection.execute("DELETE FROM ask WHERE message_id = ?", (str(answer.message_id),))
        return True

    def give_up(self, message_id: UUID, trouble: str) -> None:
        """Write down why no answer will come: a sentence."""
        self._connection.execute("UPDATE ask SET trouble = ? WHERE message_id = ?", (trouble, str(message_id)))

    def withdraw(self, about: str) -> None:
        """Wait no longer."""
        self._connection.execute("DELETE FROM ask WHERE about = ?", (about,))

    def forget_visit(self, patient_code: str, visit_number: int) -> None:
        """Forget what the clinic answered for a visit when it ends, and wait for nothing more of it."""
        start = f"{patient_code}.{visit_number}."
        self._connection.execute("DELETE FROM ask WHERE substr(about, 1, ?) = ?", (len(start), start))
        kept.forget_visit(self._store.folder, patient_code, visit_number)

    def forget_old(self, now: datetime) -> None:
        """Forget what visits left behind that never ended (power cut, crash): what is a day old."""
        self._connection.execute("DELETE FROM ask WHERE until < ?", ((now - _FORGOTTEN_AFTER).timestamp(),))
        kept.forget_old(self._store.folder, now - _FORGOTTEN_AFTER, now + _FORGOTTEN_AFTER)


def _about(ask: BaselineAsk) -> str:
    return kept.about(ask.patient_code, ask.before_visit, ask.site)


def _answers(answer: BaselineAnswer, ask: BaselineAsk) -> bool:
    """Whether an answer is of what was asked: another patient's baseline would be a comparison of two heads."""
    baseline = answer.baseline
    return baseline is None or (
        baseline.patient_code == ask.patient_code
        and baseline.site == ask.site
        and baseline.visit_number < ask.before_visit
    )
