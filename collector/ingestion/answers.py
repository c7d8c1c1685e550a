"""What the collector answers when an instrument asks.

In a thread of its own: making a picture small takes up to a second, and receipts must not wait for it.
"""

import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from collector.pictures.pictures import PictureDamaged, Pictures, PicturesAway
from collector.pictures.reduced import reduce
from collector.store.store import Store
from collector.store.stored import StoreFailed
from contract import BaselineAnswer, BaselineAsk, Capture, Channel, ReducedPicture, Topic, baseline_of
from contract.ask import fitting

_log = logging.getLogger(__name__)

_MOST_WAITING = 64
_MOST_AN_HOUR = 200  # asks of one device: six visits of the most sites that a protocol may have
_HOUR_S = 3600.0
_NONE_EARLIER = "The clinic holds no earlier capture of this site that may be compared."
_STORE_FAILED = "The clinic's store cannot be read at the moment."
_TOO_MANY = f"This instrument has asked for {_MOST_AN_HOUR} baselines within an hour; it is answered again later."


def answer_baseline(store: Store, pictures: Pictures, ask: BaselineAsk, now: datetime) -> BaselineAnswer:
    """Answer with a site's baseline and its picture made small, or say why there is none."""
    try:
        captures = store.captures_of_site(ask.patient_code, ask.site)
        reviews = store.reviews_of(ask.patient_code, ask.site)
    except StoreFailed as failed:
        _log.error("An ask could not be answered: %s", failed)
        return BaselineAnswer(message_id=ask.message_id, answered_at=now, reason=_STORE_FAILED, passing=True)
    counting = [capture for capture in captures if not reviews.rejects(capture)]
    baseline = baseline_of(counting, ask.before_visit)
    if baseline is None:
        return BaselineAnswer(message_id=ask.message_id, answered_at=now, reason=_NONE_EARLIER)
    picture = _picture(pictures, baseline)
    return fitting(BaselineAnswer(message_id=ask.message_id, answered_at=now, baseline=baseline, picture=picture))


def _picture(pictures: Pictures, capture: Capture) -> ReducedPicture | None:
    sha256 = capture.picture.sha256
    try:
        if (file := pictures.open(sha256)) is None:
            return None
        with file:
            return reduce(file, capture.calibration.um_per_px)
    except (PicturesAway, PictureDamaged, OSError) as error:
        _log.error("An answer goes without picture %s: %s", sha256[:12], error)
        return None


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
        self._asked_s: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_MOST_AN_HOUR))

    def ask(self, ask: BaselineAsk, correlation: bytes | None) -> None:
        """Begin to work an answer out; an ask beyond all that a clinic's chairs can wait for is passed over."""
        _log.info("Device %s asks for a baseline (%s).", ask.device_id, ask.message_id)
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
        if self._asks_too_often(ask.device_id):
            _log.error("Device %s asked for more than %d baselines within an hour.", ask.device_id, _MOST_AN_HOUR)
            now = datetime.now(UTC)
            answer = BaselineAnswer(message_id=ask.message_id, answered_at=now, reason=_TOO_MANY, passing=True)
        else:
            answer = self._answer(ask)
        return OutgoingAnswer(Topic(ask.clinic_id, ask.device_id, Channel.ANSWER), answer, correlation)

    def _asks_too_often(self, device_id: str) -> bool:
        """Bound what a device in wrong hands learns: codes are short, and it may ask for any."""
        asked_s, moment_s = self._asked_s[device_id], time.monotonic()
        if len(asked_s) == _MOST_AN_HOUR and moment_s - asked_s[0] < _HOUR_S:
            return True
        asked_s.append(moment_s)
        return False


def answering(store: Store, pictures: Pictures) -> Answering:
    """Return what answers from a store and its pictures."""
    return Answering(lambda ask: answer_baseline(store, pictures, ask, datetime.now(UTC)))
