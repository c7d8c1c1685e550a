"""Where the baseline of a site is looked for: in the instrument's own store, then at the clinic."""

import logging
import time
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from contract import BaselineAnswer, BaselineAsk, Capture, ReducedPicture, baseline_of, new_message_id
from device import clock, picture_file
from device.baseline import kept
from device.baseline.asks import Asks
from device.baseline.outcomes import Baseline, Found, NoneKnown, Outcome, Unreachable
from device.baseline.reduced_picture import reduce
from device.settings import DeviceSettings
from device.sites import rejected, reviews_of_site
from device.store import PictureDamaged, PictureKeyUnusable, Store

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.02
_FIRST_VISIT = NoneKnown("This is the patient's first visit: its captures are the baseline of later ones.")
_UNREACHABLE = Unreachable(
    "The clinic cannot be reached: this visit is measured without comparison, and compared later."
)
_REJECTED = "The site's earlier capture was rejected here: there is nothing that it may be compared with."


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

    The instrument's own store is enough where it holds the site's capture of the first visit. Else an earlier one may
    lie at the clinic, taken with another instrument, and two visits compared with different baselines make no series:
    the clinic is asked, and its answer kept for the visit. What a person rejected here is no baseline.

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
    if visit_number <= 1:
        return _FIRST_VISIT
    not_counted = rejected(reviews_of_site(store, patient_code, site))
    own = _own(store, patient_code, site, visit_number, not_counted)
    if own is not None and own.visit_number == 1:
        return _found(store, own, with_picture)
    answer = _asked(settings, store, patient_code, site, visit_number)
    if isinstance(answer, Unreachable):
        return answer
    offered = answer.baseline
    was_rejected = offered is not None and offered.message_id in not_counted  # of which the clinic has not heard yet
    if offered is not None and not was_rejected and (own is None or offered.visit_number <= own.visit_number):
        return Found(Baseline(offered, answer.picture))
    if own is not None:  # the clinic may not hold yet what still waits in this instrument's own outbox
        return _found(store, own, with_picture)
    return NoneKnown(_REJECTED if was_rejected else answer.reason or "The clinic gave no reason.")


def ask_ahead(
    settings: DeviceSettings, store: Store, patient_code: str, sites: Iterable[str], visit_number: int
) -> None:
    """Ask the clinic for the baselines of a visit's sites at its beginning, so that nobody waits at a site.

    `find_baseline` then takes what has come; what has not come within the time limit from now it does not wait for.
    """
    if visit_number <= 1:
        return
    for site in sites:
        not_counted = rejected(reviews_of_site(store, patient_code, site))
        own = _own(store, patient_code, site, visit_number, not_counted)
        about = kept.about(patient_code, visit_number, site)
        if (own is None or own.visit_number > 1) and kept.kept(store, about) is None:
            Asks(store).put(*_ask(settings, patient_code, site, visit_number))


def _own(
    store: Store, patient_code: str, site: str, visit_number: int, not_counted: Collection[UUID]
) -> Capture | None:
    captures = store.captures_of_site(patient_code, site)
    return baseline_of((one for one in captures if one.message_id not in not_counted), visit_number)


def _asked(
    settings: DeviceSettings, store: Store, patient_code: str, site: str, visit_number: int
) -> BaselineAnswer | Unreachable:
    asks, about = Asks(store), kept.about(patient_code, visit_number, site)
    if (answer := kept.kept(store, about)) is not None:
        return answer
    if asks.standing(about) is None:
        asks.put(*_ask(settings, patient_code, site, visit_number))
    end_s = time.monotonic() + settings.baseline.answer_within_s  # the clock may be set while we wait
    while (standing := asks.standing(about)) is not None:
        until, trouble = standing
        if trouble is not None or clock.now() >= until or time.monotonic() >= end_s:
            asks.withdraw(about)
            return _UNREACHABLE if trouble is None else Unreachable(trouble)
        time.sleep(_LOOK_EVERY_S)
    # The delivery keeps the answer before it takes the ask away.
    return kept.kept(store, about) or _UNREACHABLE


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


def _found(store: Store, capture: Capture, with_picture: bool) -> Found:
    return Found(Baseline(capture, _own_picture(store, capture) if with_picture else None))


def _own_picture(store: Store, capture: Capture) -> ReducedPicture | None:
    try:
        content = store.read_picture(capture.picture.sha256)
        picture = picture_file.decode(content, f"picture {capture.picture.sha256[:12]}")
    except (PictureDamaged, PictureKeyUnusable, picture_file.PictureUnreadable) as error:
        _log.warning("The baseline is compared without its picture: %s", error)
        return None
    return reduce(picture, capture.calibration.um_per_px)
