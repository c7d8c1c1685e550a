"""Captures that were measured without comparison, compared when the clinic can be reached again."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from contract import Capture, Comparison
from device import clock
from device.baseline import kept
from device.baseline.asks import Asks
from device.baseline.finding import find_baseline
from device.baseline.outcomes import Found, NoneKnown, Unreachable
from device.settings import DeviceSettings
from device.sites import rejected, reviews_of_site
from device.store import Store

_log = logging.getLogger(__name__)

Compare = Callable[[Store, Capture, Capture], Comparison]
"""Compares a capture with its baseline and keeps what came of it: store, follow-up, baseline."""

_LOOK_EVERY_S = 30.0
#: The baseline may still wait in the outbox of another instrument.
_TRY_AGAIN_AFTER, _GIVE_UP_AFTER = timedelta(days=1), timedelta(days=30)


class ComparingLater:
    """Compares what one store holds without comparison, beside the delivery and never in its way.

    Parameters
    ----------
    settings
        The instrument's settings.
    store
        Its store, opened by the thread that calls :meth:`run`.
    compare
        Compares and keeps.
    """

    def __init__(self, settings: DeviceSettings, store: Store, compare: Compare) -> None:
        self._settings = settings
        self._store = store
        self._compare = compare

    def run(self, stop: threading.Event) -> None:
        """Compare until ``stop`` is set; also forget what visits left behind that never ended."""
        while not stop.is_set():
            Asks(self._store).forget_old(clock.now())
            self.compare_pending(stop)
            stop.wait(_LOOK_EVERY_S)

    def compare_pending(self, stop: threading.Event) -> None:
        """Go once through what is pending, as far as the clinic can be reached.

        Rejected captures are not compared; one that is accepted after all is compared then.
        """
        for capture in self._store.without_comparison(clock.now()):
            if stop.is_set():
                return
            if capture.message_id in rejected(reviews_of_site(self._store, capture.patient_code, capture.site)):
                self._put_off(capture)
            elif not self._compare_one(capture):
                return

    def _compare_one(self, capture: Capture) -> bool:
        """Compare one capture if its baseline is to be had; return False where the clinic cannot be reached."""
        outcome = find_baseline(
            self._settings,
            self._store,
            capture.patient_code,
            capture.site,
            capture.visit_number,
            with_picture=False,
        )
        if isinstance(outcome, Unreachable):
            return False
        # First: what cannot be compared must not be tried again every half minute, whatever it does to this program.
        self._put_off(capture)
        match outcome:
            case NoneKnown(reason):
                _log.info("Capture %s stays without comparison: %s", capture.message_id, reason)
            case Found(baseline):
                self._compare_with(capture, baseline.capture)
        kept.forget(self._store.folder, kept.about(capture.patient_code, capture.visit_number, capture.site))
        return True

    def _put_off(self, capture: Capture) -> None:
        again = clock.now() + _TRY_AGAIN_AFTER
        in_time = again < capture.created_at + _GIVE_UP_AFTER
        self._store.put_off_comparison(capture.message_id, again if in_time else None)

    def _compare_with(self, capture: Capture, baseline: Capture) -> None:
        try:
            self._compare(self._store, capture, baseline)
        except Exception:  # noqa: BLE001  whatever is the matter with one capture, the others are compared
            _log.exception("Capture %s could not be compared with its baseline.", capture.message_id)
        else:
            _log.info("Capture %s is compared with its baseline after all.", capture.message_id)
