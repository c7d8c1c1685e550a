"""What the collector answers when an instrument asks.

In a thread of its own: making a picture small takes up to a second, and receipts must not wait for it.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from collector.pictures import Pictures
from collector.reduced_picture import reduce
from collector.store import Store, StoreFailed
from contract import BaselineAnswer, BaselineAsk, Capture, Channel, ReducedPicture, Topic, baseline_of
from contract.ask import fitting

_log = logging.getLogger(__name__)

_MOST_WAITING = 64
_NONE_EARLIER = "The clinic holds no earlier capture of this site that may be compared."
_STORE_FAILED = "The clinic's store cannot be read at the moment."


def answer_baseline(store: Store, pictures: Pictures, ask: BaselineAsk, now: datetime) -> BaselineAnswer:
    """Answer with a site's baseline and its picture made small, or say why there is none."""
    try:
        captures = store.captures_of_site(ask.patient_code, ask.site)
    except StoreFailed as failed:
        _log.error("An ask could not be answered: %s", failed)
        return BaselineAnswer(message_id=ask.message_id, answered_at=now, reason=_STORE_FAILED)
    baseline = baseline_of(captures, ask.before_visit)
    if baseline is None:
        return BaselineAnswer(message_id=ask.message_id, answered_at=now, reason=_NONE_EARLIER)
    picture = _picture(pictures, baseline)
    return fitting(BaselineAnswer(message_id=ask.message_id, answered_at=now, baseline=baseline, picture=picture))


def _picture(pictures: Pictures, capture: Capture) -> ReducedPicture | None:
    path = pictures.path(capture.picture.sha256)
    return None if path is None else reduce(path, capture.calibration.um_per_px)


@dataclass(frozen=True)
class OutgoingAnswer:
    """An answer, the topic of the device that asked, and what it knows its answer by."""

    topic: Topic
    answer: BaselineAnswer
    correlation: bytes | None


class Answering:
    """Works answers out beside the subscriber, in the order they were asked for.

    Parameters
    ----------
    answer
        Works one answer out; called in a thread of its own.
    """

    def __init__(self, answer: Callable[[BaselineAsk], BaselineAnswer]) -> None:
        self._answer = answer
        self._worker = ThreadPoolExecutor(1, "answers")
        self._waiting: deque[Future[OutgoingAnswer]] = deque()

    def ask(self, ask: BaselineAsk, correlation: bytes | None) -> None:
        """Begin to work an answer out; an ask beyond all that a clinic's chairs can wait for is passed over."""
        if len(self._waiting) >= _MOST_WAITING:
            _log.warning("An ask of %s is passed over: %d wait for their answers.", ask.device_id, _MOST_WAITING)
            return
        self._waiting.append(self._worker.submit(self._work, ask, correlation))

    @property
    def busy(self) -> bool:
        """Whether an answer is being worked out, or waits to be sent."""
        return bool(self._waiting)

    def ready(self) -> Iterator[OutgoingAnswer]:
        """Give the answers that are worked out, and forget them."""
        while self._waiting and self._waiting[0].done():
            worked_out = self._waiting.popleft()
            if (error := worked_out.exception()) is not None:
                _log.error("An ask could not be answered.", exc_info=error)
                continue
            yield worked_out.result()

    def close(self) -> None:
        """End, without what has not begun."""
        self._worker.shutdown(cancel_futures=True)
        self._waiting.clear()

    def _work(self, ask: BaselineAsk, correlation: bytes | None) -> OutgoingAnswer:
        return OutgoingAnswer(Topic(ask.clinic_id, ask.device_id, Channel.ANSWER), self._answer(ask), correlation)


def answering(store: Store, pictures: Pictures) -> Answering:
    """Return what answers from a store and its pictures."""
    return Answering(lambda ask: answer_baseline(store, pictures, ask, datetime.now(UTC)))
