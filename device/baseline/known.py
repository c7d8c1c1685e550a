"""What a site is compared with, as far as it is known without asking: the one place where a baseline is chosen."""

import logging
from collections.abc import Collection
from enum import Enum, auto
from uuid import UUID

from contract import BaselineAnswer, Capture, ReducedPicture, baseline_of
from device import clock, picture_file
from device.baseline import kept
from device.baseline.asks import Asks
from device.baseline.outcomes import Baseline, Found, NoneKnown
from device.baseline.reduced_picture import reduce
from device.sites import rejected, reviews_of_site
from device.store import PictureDamaged, PictureKeyUnusable, Store

_log = logging.getLogger(__name__)

_FIRST_VISIT = NoneKnown("This is the patient's first visit: its captures are the baseline of later ones.")
_REJECTED = "The site's earlier capture was rejected here: there is nothing that it may be compared with."


def known_baseline(
    store: Store, patient_code: str, site: str, visit_number: int, *, with_picture: bool = True
) -> Found | NoneKnown | None:
    """Return what a site is to be compared with if that is known now; nobody is asked, and nothing waited for.

    The instrument's own store is enough where it holds the site's capture of the first visit. Else an earlier one may
    lie at the clinic, taken with another instrument, and two visits compared with different baselines make no series:
    without the clinic's answer nothing is known. What a person rejected here is no baseline.

    Parameters
    ----------
    store
        The instrument's, opened by the calling thread.
    patient_code, site, visit_number
        What is being taken.
    with_picture
        Whether the own picture is needed: one of 12 MP takes 0.3 s (PNG: 1 s) to make small.

    Returns
    -------
    Found, NoneKnown or None
        None where only the clinic can tell, and has not.
    """
    if visit_number <= 1:
        return _FIRST_VISIT
    not_counted = rejected(reviews_of_site(store, patient_code, site))
    captures = store.captures_of_site(patient_code, site)
    own = baseline_of((one for one in captures if one.message_id not in not_counted), visit_number)
    answer = kept.kept(store, kept.about(patient_code, visit_number, site))
    match _whose(None if own is None else own.visit_number, answer, not_counted):
        case _Whose.OWN if own is not None:
            return Found(Baseline(own, _own_picture(store, own) if with_picture else None))
        case _Whose.CLINIC if answer is not None and answer.baseline is not None:
            return Found(Baseline(answer.baseline, answer.picture))
        case _Whose.NOBODY if answer is not None:
            return NoneKnown(_REJECTED if answer.baseline else answer.reason or "The clinic gave no reason.")
    return None


def may_have_baseline(store: Store, patient_code: str, site: str, visit_number: int) -> bool:
    """Return whether a site's baseline is known, or has been asked of the clinic and may come yet.

    By the store's rows: no capture with all its hairs is read for it.
    """
    if visit_number <= 1:
        return False
    not_counted = rejected(reviews_of_site(store, patient_code, site))
    rows = store.connection.execute(
        "SELECT message_id, visit_number FROM message WHERE channel = 'capture' AND state <> 'held'"
        " AND patient_code = ? AND site = ? AND visit_number < ?",
        (patient_code, site, visit_number),
    )
    own_visit = min((number for name, number in rows if UUID(name) not in not_counted), default=None)
    about = kept.about(patient_code, visit_number, site)
    whose = _whose(own_visit, kept.kept(store, about), not_counted)
    return _is_awaited(store, about) if whose is None else whose is not _Whose.NOBODY


class _Whose(Enum):
    """Of whom a baseline is."""

    OWN = auto()
    CLINIC = auto()
    NOBODY = auto()


def _whose(own_visit: int | None, answer: BaselineAnswer | None, not_counted: Collection[UUID]) -> _Whose | None:
    """Choose between what the instrument holds itself, by its visit, and what the clinic offers; None for "ask it"."""
    if own_visit == 1:
        return _Whose.OWN
    if answer is None:
        return None
    offered = answer.baseline  # the clinic may not have heard yet that it was rejected
    counts = offered is not None and offered.message_id not in not_counted
    if offered is not None and counts and (own_visit is None or offered.visit_number <= own_visit):
        return _Whose.CLINIC
    # The clinic may not hold yet what still waits in this instrument's own outbox.
    return _Whose.NOBODY if own_visit is None else _Whose.OWN


def _is_awaited(store: Store, about: str) -> bool:
    standing = Asks(store).standing(about)
    return standing is not None and standing[1] is None and clock.now() < standing[0]


def _own_picture(store: Store, capture: Capture) -> ReducedPicture | None:
    try:
        content = store.read_picture(capture.picture.sha256)
        picture = picture_file.decode(content, f"picture {capture.picture.sha256[:12]}")
    except (PictureDamaged, PictureKeyUnusable, picture_file.PictureUnreadable) as error:
        _log.warning("The baseline is compared without its picture: %s", error)
        return None
    return reduce(picture, capture.calibration.um_per_px)
