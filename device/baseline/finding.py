"""Finding the baseline of a site: what is known at once, else the clinic is asked and waited for."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from contract import BaselineAsk, new_message_id
from device import clock
from device.baseline import kept
from device.baseline.asks import Asks
from device.baseline.known import known_baseline
from device.baseline.outcomes import Outcome, Unreachable
from device.settings import DeviceSettings
from device.store import Store

_LOOK_EVERY_S = 0.02
_UNREACHABLE = Unreachable(
    "The clinic cannot be reached: this visit is measured without comparison, and compared later."
)


def find_baseline(
    settings: DeviceSettings,
    store: Store,
    patient_code: str,
    site: str,
    visit_number: int,
    *,
    with_picture: bool = True,
) -> Outcome:
    """Return what a site is to be compared with, or in words why there is nothing.

    What only the clinic can tell it is asked, and its answer kept for the visit.

    Parameters
    ----------
    settings
        The instrument's settings.
    store
        Its store, opened by the calling thread.
    patient_code, site, visit_number
        What is being taken.
    with_picture
        Whether the picture is needed: one of 12 MP that is the instrument's own takes 0.3 s (PNG: 1 s) to make small.

    Returns
    -------
    Found or NoneKnown or Unreachable
        The last within ``[baseline] answer_within_s`` of the ask.
    """
    known = known_baseline(store, patient_code, site, visit_number, with_picture=with_picture)
    if known is not None:
        return known
    trouble = _await_answer(settings, store, patient_code, site, visit_number)
    if trouble is not None:
        return trouble
    return known_baseline(store, patient_code, site, visit_number, with_picture=with_picture) or _UNREACHABLE


def ask_ahead(
    settings: DeviceSettings, store: Store, patient_code: str, sites: Iterable[str], visit_number: int
) -> None:
    """Ask the clinic for the baselines of a visit's sites at its beginning, so that nobody waits at a site.

    `find_baseline` then takes what has come; what has not come within the time limit from now it does not wait for.
    """
    for site in sites:
        if known_baseline(store, patient_code, site, visit_number, with_picture=False) is None:
            Asks(store).put(*_ask(settings, patient_code, site, visit_number))


def _await_answer(
    settings: DeviceSettings, store: Store, patient_code: str, site: str, visit_number: int
) -> Unreachable | None:
    """Ask the clinic, unless it is asked already, and wait; return None once its answer is kept."""
    asks, about = Asks(store), kept.about(patient_code, visit_number, site)
    if asks.standing(about) is None and kept.kept(store, about) is None:
        asks.put(*_ask(settings, patient_code, site, visit_number))
    end_s = time.monotonic() + settings.baseline.answer_within_s  # the clock may be set while we wait
    # The delivery keeps the answer before it takes the ask away.
    while (standing := asks.standing(about)) is not None:
        until, trouble = standing
        if trouble is not None or clock.now() >= until or time.monotonic() >= end_s:
            asks.withdraw(about)
            return _UNREACHABLE if trouble is None else Unreachable(trouble)
        time.sleep(_LOOK_EVERY_S)
    return None


def _ask(settings: DeviceSettings, patient_code: str, site: str, visit_number: int) -> tuple[BaselineAsk, datetime]:
    now = clock.now()
    ask = BaselineAsk(
        message_id=new_message_id(),
        clinic_id=settings.clinic_id,
        device_id=settings.device_id,
        boot_id=clock.boot_id(),
        sequence=clock.since_boot_ms(),
        created_at=now,
        clock_trusted=clock.is_trusted(),
        patient_code=patient_code,
        site=site,
        before_visit=visit_number,
    )
    return ask, now + timedelta(seconds=settings.baseline.answer_within_s)
