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

from contract import Capture, SiteKey
from device.baseline import Found, known_baseline, may_have_baseline
from device.chair.chair import Chair
from device.page.visit_address import VisitAddress
from device.store import PictureDamaged, PictureKeyUnusable, Store

_SIDE_PX = 192
_QUALITY = 80
_MOST_KEPT = 64


def sites_with_baseline(store: Store, visit: VisitAddress, sites: Iterable[SiteKey]) -> frozenset[SiteKey]:
    """Return the sites of which a baseline is known, or has been asked of the clinic and may come yet."""
    return frozenset(site for site in sites if may_have_baseline(store, visit.patient_code, site, visit.visit_number))


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
        with self._turn, self._chair.store() as store:
            # The own picture is made small here: decoded at an eighth it is had much sooner than for a comparison.
            known = known_baseline(store, visit.patient_code, site, visit.visit_number, with_picture=False)
            if not isinstance(known, Found):
                return None
            capture, sent = known.baseline.capture, known.baseline.picture
            return self._own(store, capture) if sent is None else self._small(capture.message_id, sent.jpeg)

    def _own(self, store: Store, capture: Capture) -> bytes | None:
        if (made := self._made.get(capture.message_id)) is not None:
            return made
        try:
            return self._small(capture.message_id, store.read_picture(capture.picture.sha256))
        except (PictureDamaged, PictureKeyUnusable):
            return None  # a thumbnail less, or the clinic has sent none; who opens the picture is told why

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
