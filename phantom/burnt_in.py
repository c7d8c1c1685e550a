"""What a device burns into its pictures: a scale bar, letters, a frame, a measuring circle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.optics import Optics
from phantom.settings import SettingError, require_between

Mask: TypeAlias = NDArray[np.uint8]
PrintColour: TypeAlias = Literal["white", "black", "yellow", "red", "blue"]
Corner: TypeAlias = Literal["top left", "top right", "bottom left", "bottom right"]

COLOURS_BGR: dict[str, tuple[int, int, int]] = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "yellow": (20, 235, 255),
    "red": (40, 30, 225),
    "blue": (205, 50, 20),
}
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_CAPITAL_PX = 21.0
"""Height of a capital of that font at scale 1."""
_LETTERS_HIDE_PX, _LINES_HIDE_PX = 3, 1
_SHIFT_BITS = 4


@dataclass(frozen=True, slots=True)
class Print:
    """What is burnt in, over everything.

    Parameters
    ----------
    colour : {"white", "black", "yellow", "red", "blue"}
        Of lines and letters.
    bar_mm : float or None
        Length of a scale bar with its label, between the middles of its end ticks; None for none.
    text : str
        A line of letters in the corner opposite to the bar (ASCII).
    corner : {"top left", "top right", "bottom left", "bottom right"}
        Of the bar.
    letter_px : int
        Height of a capital.
    plate : bool
        Put the letters on opaque plates.
    frame_mm : (float, float) or None
        Width and height, between the middles of its lines, of a rectangle about the picture's middle.
    circle_mm : float or None
        Diameter of a measuring circle about the picture's middle, with a radius.

    Raises
    ------
    SettingError
        For a value that cannot be drawn.
    """

    colour: PrintColour = "white"
    bar_mm: float | None = 1.0
    text: str = ""
    corner: Corner = "bottom left"
    letter_px: int = 14
    plate: bool = False
    frame_mm: tuple[float, float] | None = None
    circle_mm: float | None = None

    def __post_init__(self) -> None:
        require_between("bar_mm", 1.0 if self.bar_mm is None else self.bar_mm, 0.01, 60.0)
        require_between("letter_px", self.letter_px, 6, 400)
        require_between("frame_mm", 1.0 if self.frame_mm is None else min(self.frame_mm), 0.05, 60.0)
        require_between("circle_mm", 1.0 if self.circle_mm is None else self.circle_mm, 0.05, 60.0)
        if self.colour not in COLOURS_BGR:
            raise SettingError(f"colour {self.colour!r} is not printed: give one of {', '.join(COLOURS_BGR)}")
        if self.corner not in ("top left", "top right", "bottom left", "bottom right"):
            raise SettingError(f"corner {self.corner!r} is not known: give top or bottom, a space, left or right")
        if not self.text.isascii():
            raise SettingError(f"text {self.text!r} cannot be printed: give ASCII letters only")


def burn_in(picture: NDArray[np.uint8], marks: Print, optics: Optics) -> NDArray[np.bool_]:
    """Draw what a device burns in over a picture.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        BGR; drawn upon in place.
    marks : Print
        What to draw.
    optics : Optics
        Its scale.

    Returns
    -------
    ndarray of bool, shape (rows, columns)
        Where it hides the scalp: lines and 1 px around them, letters and 3 px, plates.
    """
    lines, letters, plates = (np.zeros(picture.shape[:2], np.uint8) for _ in range(3))
    thick = max(1, round(marks.letter_px / 9))
    _outlines(lines, marks, optics, thick)
    _bar(lines, letters, plates, marks=marks, optics=optics, thick=thick)
    if marks.text:
        left, top = "left" not in marks.corner, "top" not in marks.corner
        at = _cornered(_text_size(marks.text, marks, thick), picture.shape, left=left, top=top, margin=marks.letter_px)
        _write(letters, plates, marks.text, at, marks=marks, thick=thick)
    paper = (245, 245, 245) if marks.colour in ("black", "blue") else (30, 28, 26)
    picture[plates > 0] = paper
    share = np.maximum(lines, letters)
    touched = share > 0
    opaque = (share[touched] / np.float32(255.0))[:, None]
    ink = np.array(COLOURS_BGR[marks.colour], np.float32)
    picture[touched] = np.rint(picture[touched] * (1.0 - opaque) + opaque * ink).astype(np.uint8)
    return (_grown(lines, _LINES_HIDE_PX) > 0) | (_grown(letters, _LETTERS_HIDE_PX) > 0) | (plates > 0)


def _outlines(lines: Mask, marks: Print, optics: Optics, thick: int) -> None:
    """Draw the frame and the circle with its radius."""
    middle = optics.middle_px
    if marks.frame_mm is not None:
        half = np.asarray(marks.frame_mm) * (500.0 / optics.um_per_px)
        corners = middle + half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        cv2.polylines(lines, [_fixed(corners)], True, 255, thick, cv2.LINE_AA, _SHIFT_BITS)
    if marks.circle_mm is not None:
        angles = np.linspace(0.0, 2 * np.pi, 360, endpoint=False)
        ring = middle + marks.circle_mm * (500.0 / optics.um_per_px) * np.column_stack([np.cos(angles), np.sin(angles)])
        cv2.polylines(lines, [_fixed(ring)], True, 255, thick, cv2.LINE_AA, _SHIFT_BITS)
        cv2.polylines(lines, [_fixed(np.stack([middle, ring[10]]))], False, 255, thick, cv2.LINE_AA, _SHIFT_BITS)


def _bar(lines: Mask, letters: Mask, plates: Mask, *, marks: Print, optics: Optics, thick: int) -> None:
    """Draw the bar, ticks at its ends, middle and tenths, and its label beside it."""
    if marks.bar_mm is None:
        return
    long_px, tick = marks.bar_mm * 1000.0 / optics.um_per_px, 0.7 * marks.letter_px
    label = f"{marks.bar_mm:g} mm"
    wide, high = _text_size(label, marks, thick)
    size = round(max(long_px, wide)), round(high + 2.6 * tick)
    left, top = "left" in marks.corner, "top" in marks.corner
    x, y = _cornered(size, lines.shape, left=left, top=top, margin=marks.letter_px)
    base = y + size[1]
    cv2.polylines(lines, [_fixed(np.array([[x, base], [x + long_px, base]]))], False, 255, thick, cv2.LINE_AA, 4)
    for part in range(11):
        height = tick * (1.0 if part in (0, 10) else 0.75 if part == 5 else 0.45)
        at = x + long_px * part / 10
        cv2.polylines(lines, [_fixed(np.array([[at, base], [at, base - height]]))], False, 255, thick, cv2.LINE_AA, 4)
    _write(letters, plates, label, (x, y), marks=marks, thick=thick)


def _write(letters: Mask, plates: Mask, text: str, at: tuple[int, int], *, marks: Print, thick: int) -> None:
    """Write a line of text, its upper left at (x, y)."""
    wide, high = _text_size(text, marks, thick)
    if marks.plate:
        pad = max(2, marks.letter_px // 4)
        corners = (at[0] - pad, at[1] - pad), (at[0] + wide + pad, at[1] + high + pad)
        cv2.rectangle(plates, corners[0], corners[1], 255, -1)
    cv2.putText(
        letters, text, (at[0], at[1] + marks.letter_px), _FONT, marks.letter_px / _CAPITAL_PX, 255, thick, cv2.LINE_AA
    )


def _text_size(text: str, marks: Print, thick: int) -> tuple[int, int]:
    """Width and height, descenders and all."""
    (wide, _), below = cv2.getTextSize(text, _FONT, marks.letter_px / _CAPITAL_PX, thick)
    return int(wide), marks.letter_px + int(below)


def _cornered(size: tuple[int, int], shape: tuple[int, ...], *, left: bool, top: bool, margin: int) -> tuple[int, int]:
    """Upper left (x, y) of a box in one of the picture's corners."""
    x = margin if left else shape[1] - margin - size[0]
    y = margin if top else shape[0] - margin - size[1]
    return x, y


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.asarray(np.round(points * 2**_SHIFT_BITS), np.int32).reshape(-1, 1, 2)


def _grown(mask: Mask, by_px: int) -> Mask:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by_px + 1, 2 * by_px + 1))
    return np.asarray(cv2.dilate(mask, disc), np.uint8)
