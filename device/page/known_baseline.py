"""The baseline's thumbnail, from what is known at once: nobody waits for the clinic to choose a site."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray

from contract import Capture, SiteKey, baseline_of
from device import clock
from device.baseline import Asks, kept
from device.chair.chair import Chair
from device.page.visit_address import VisitAddress
from device.sites import rejected, reviews_of_visit
from device.store import PictureDamaged, PictureKeyUnusable, Store

_SIDE_PX = 192
_QUALITY = 80
_MOST_KEPT = 64


def sites_with_baseline(store: Store, visit: VisitAddress, sites: Iterable[SiteKey]) -> frozenset[SiteKey]:
    """Return the sites of which a baseline is known, or has been asked of the clinic and may come yet.

    By the store's rows alone: no picture and no measurement is read.
    """
    if visit.visit_number == 1:
        return frozenset()
    rows = store.connection.execute(
        "SELECT DISTINCT site FROM message WHERE channel = 'capture' AND state <> 'held' AND patient_code = ?"
        " AND visit_number < ?",
        (visit.patient_code, visit.visit_number),
    )
    own = {site for (site,) in rows}
    return frozenset(site for site in sites if site in own or _asked(store, visit, site))


class Thumbnails:
    """Baselines' pictures made small, kept in memory alone: on the disk pictures may be sealed.

    Parameters
    ----------
    chair
        Whose store holds them.
    most
        How many are kept; the oldest goes first.
    """

    def __init__(self, chair: Chair, most: int = _MOST_KEPT) -> None:
        self._chair = chair
        self._most = most
        self._turn = threading.Lock()  # one picture of 12 MP in memory at a time, however many sites are shown
        self._made: OrderedDict[UUID, bytes] = OrderedDict()

    def of(self, visit: VisitAddress, site: SiteKey) -> bytes | None:
        """Return the thumbnail of a site's baseline as JPEG; None where none is known by now."""
        if visit.visit_number == 1:
            return None
        with self._turn, self._chair.store() as store:
            own = _own_baseline(store, visit, site)
            if own is None or own.visit_number > 1:
                answer = kept.kept(store, kept.about(visit.patient_code, visit.visit_number, site))
                if answer is not None and answer.baseline is not None and answer.picture is not None:
                    return self._small(answer.baseline.message_id, answer.picture.jpeg)
            return None if own is None else self._own(store, own)

    def _own(self, store: Store, capture: Capture) -> bytes | None:
        if (made := self._made.get(capture.message_id)) is not None:
            return made
        try:
            return self._small(capture.message_id, store.read_picture(capture.picture.sha256))
        except (PictureDamaged, PictureKeyUnusable):
            return None  # a thumbnail less; who opens the picture is told why

    def _small(self, capture_id: UUID, content: bytes) -> bytes | None:
        if capture_id not in self._made:
            # An eighth of a JPEG is decoded as such: 12 MP in a few hundredths of a second.
            whole = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_REDUCED_COLOR_8)
            if whole is None:
                return None
            self._made[capture_id] = _square(whole)
            if len(self._made) > self._most:
                self._made.popitem(last=False)
        return self._made[capture_id]

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._made)


def _square(picture: NDArray[Any]) -> bytes:
    """Cut the middle out, in a thumbnail's size, as JPEG."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    small = cv2.resize(
        picture[top : top + side, left : left + side], (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA
    )
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def _own_baseline(store: Store, visit: VisitAddress, site: SiteKey) -> Capture | None:
    captures = store.captures_of_site(visit.patient_code, site)
    numbers = {one.visit_number for one in captures}
    reviews = [reviews_of_visit(store, visit.patient_code, number) for number in numbers]
    not_counted = frozenset[UUID]().union(*map(rejected, reviews))
    return baseline_of((one for one in captures if one.message_id not in not_counted), visit.visit_number)


def _asked(store: Store, visit: VisitAddress, site: SiteKey) -> bool:
    about = kept.about(visit.patient_code, visit.visit_number, site)
    if (standing := Asks(store).standing(about)) is not None:
        until, trouble = standing
        return trouble is None and clock.now() < until
    answer = kept.kept(store, about)
    return answer is not None and answer.picture is not None
