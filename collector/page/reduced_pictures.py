"""Stored pictures made small for pages: a picture of 12 million pixels is megabytes, a page shows a tenth of it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from io import BytesIO

from PIL import Image

from collector.pictures.pictures import Pictures
from collector.pictures.reading import opened

WIDTHS = (320, 800, 1600)
"""In pixels: a tile, a picture of a page, one that is looked at closely."""

KEPT_BYTES = 48 * 1024 * 1024
"""What is kept of those made last: some 300 of 800 pixels."""

_QUALITY = 82


class ReducedPictures:
    """Makes pictures small, and keeps those made last in memory. Any thread may ask.

    Parameters
    ----------
    pictures
        Where whole ones are.
    kept_bytes
        Bound on what is kept.
    """

    def __init__(self, pictures: Pictures, kept_bytes: int = KEPT_BYTES) -> None:
        self._pictures = pictures
        self._most_bytes = kept_bytes
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        # A decoded picture takes 36 MB and its core's whole attention.
        self._decoding = threading.BoundedSemaphore(2)

    def jpeg(self, sha256: str, width: int) -> bytes | None:
        """Return a picture as JPEG, of at most a width; None while it is not there.

        Parameters
        ----------
        sha256
            Its digest.
        width
            One of :data:`WIDTHS`, in pixels.

        Raises
        ------
        collector.pictures.pictures.PicturesAway
            If the place for pictures cannot be reached.
        collector.pictures.pictures.PictureDamaged
            If what is kept under its name is another.
        collector.pictures.reading.PictureUnreadable
            If it cannot be decoded.
        OSError
            If the disk is broken.
        """
        if width not in WIDTHS:
            raise ValueError(f"a picture is reduced to one of {WIDTHS} pixels, not to {width}")
        if not self._pictures.has(sha256):  # a patient may have been erased since
            self._forget(sha256)
            return None
        with self._lock:
            if (known := self._kept.get((sha256, width))) is not None:
                self._kept.move_to_end((sha256, width))
                return known
        with self._decoding:
            made = self._made(sha256, width)
        if made is not None:
            self._keep((sha256, width), made)
        return made

    @property
    def kept_bytes(self) -> int:
        """What is kept now."""
        return self._bytes

    def _made(self, sha256: str, width: int) -> bytes | None:
        file = self._pictures.open(sha256)
        if file is None:
            return None
        with file, opened(file) as whole:
            small_px = min(width, whole.width), round(whole.height * min(1.0, width / whole.width)) or 1
            whole.draft("RGB", (2 * small_px[0], 2 * small_px[1]))  # a JPEG is decoded at a half, quarter or eighth
            small = whole.convert("RGB")
            if small.size != small_px:
                small = small.resize(small_px, Image.Resampling.LANCZOS, reducing_gap=2.0)
        coded = BytesIO()
        small.save(coded, "JPEG", quality=_QUALITY)
        return coded.getvalue()

    def _keep(self, name: tuple[str, int], made: bytes) -> None:
        with self._lock:
            if name in self._kept:
                return
            self._kept[name] = made
            self._bytes += len(made)
            while self._bytes > self._most_bytes:
                self._bytes -= len(self._kept.popitem(last=False)[1])

    def _forget(self, sha256: str) -> None:
        with self._lock:
            for width in WIDTHS:
                self._bytes -= len(self._kept.pop((sha256, width), b""))
