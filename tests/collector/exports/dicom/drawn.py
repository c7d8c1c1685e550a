"""Captures with a picture that is one: small, drawn from noise, named by its digest."""

import hashlib
import io
from typing import Any, Literal

import numpy as np
from PIL import Image

from contract import Capture, Picture
from tests import examples

Kind = Literal["image/jpeg", "image/png"]
WIDTH_PX, HEIGHT_PX = 83, 61
"""Odd both, so that a picture's rows in DICOM have to be padded."""


def image(mode: str = "RGB") -> Image.Image:
    """Return a picture of coarse noise."""
    coarse = np.random.default_rng(20260304).integers(0, 256, (9, 11, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((WIDTH_PX, HEIGHT_PX)).convert(mode)


def content(kind: Kind, mode: str = "RGB", **how: Any) -> bytes:  # noqa: ANN401  any option of pillow's
    """Return that picture as a file's bytes."""
    file = io.BytesIO()
    image(mode).save(file, kind.removeprefix("image/").upper(), **how)
    return file.getvalue()


def named(kind: Kind, its_content: bytes) -> Picture:
    """Return what a capture says of a picture of those bytes."""
    return Picture(sha256=hashlib.sha256(its_content).hexdigest(), media_type=kind, size_bytes=len(its_content))


def capture(kind: Kind, its_content: bytes, **changes: Any) -> Capture:  # noqa: ANN401  any field of the model
    """Return a capture of a picture, with every figure there is."""
    fields = {"measurement": examples.full_measurement(), "light": "cross", "lens": "16 mm"}
    return examples.capture(**fields | {"picture": named(kind, its_content)} | changes)
