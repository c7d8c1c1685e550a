"""Sizes, rectangles and orientations of the stand-in libcamera, by the names of its Python bindings."""

from __future__ import annotations

import enum


class Size:
    """A width and a height in pixels."""

    def __init__(self, width: int = 0, height: int = 0) -> None:
        self.width = int(width)
        self.height = int(height)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and (self.width, self.height) == (other.width, other.height)

    def __hash__(self) -> int:
        return hash((self.width, self.height))

    def __repr__(self) -> str:
        return f"libcamera.Size({self.width}, {self.height})"


class Rectangle:
    """A rectangle in sensor pixels, from its upper left corner."""

    def __init__(self, x: int = 0, y: int = 0, width: int = 0, height: int = 0) -> None:
        self.x = int(x)
        self.y = int(y)
        self.width = int(width)
        self.height = int(height)

    def __repr__(self) -> str:
        return f"libcamera.Rectangle({self.x}, {self.y}, {self.width}, {self.height})"


class Transform:
    """Flips of a picture. Picamera2 adds the comparison itself, so identity is the hash, as in the bindings."""

    def __init__(
        self, other: Transform | None = None, *, hflip: bool = False, vflip: bool = False, transpose: bool = False
    ) -> None:
        self.hflip: bool = bool(other.hflip if other else hflip)
        self.vflip: bool = bool(other.vflip if other else vflip)
        self.transpose: bool = bool(other.transpose if other else transpose)

    def __str__(self) -> str:
        return f"<libcamera.Transform hflip={self.hflip} vflip={self.vflip} transpose={self.transpose}>"


class Orientation(enum.Enum):
    """The eight orientations, with their EXIF values."""

    Rotate0 = 1
    Rotate0Mirror = 2
    Rotate180 = 3
    Rotate180Mirror = 4
    Rotate90Mirror = 5
    Rotate270 = 6
    Rotate270Mirror = 7
    Rotate90 = 8
