"""One message of the live picture: what the meters, the guidance and the taking say, in words, and the JPEG.

On the wire: the header's length in bytes (uint32, little-endian), the header (JSON, UTF-8), the JPEG; without a frame
nothing follows the header.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from contract import site_name
from device.camera import Aim, CameraGivenUp, HeldTo
from device.chair.chair import Chair
from device.chair.live_frame import LiveFrame
from device.chair.readiness import Readiness
from device.chair.stream import LiveState
from device.chair.taking import TakingState
from device.page.access.sessions import Session
from device.page.language import Language

_KEPT_SENTENCES = 64


def packed(header: dict[str, Any], jpeg: bytes = b"") -> bytes:
    """Put a header and a JPEG into one message."""
    said = json.dumps(header, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return struct.pack("<I", len(said)) + said + jpeg


def unpacked(message: bytes) -> tuple[dict[str, Any], bytes]:
    """Take a message apart, as the page does."""
    (length,) = struct.unpack_from("<I", message)
    header: dict[str, Any] = json.loads(message[4 : 4 + length])
    return header, message[4 + length :]


@dataclass(frozen=True, eq=False)
class Now:
    """What there is to say at a moment."""

    live: LiveState
    taking: TakingState
    ready: Readiness | None


class Header:
    """Words the headers for one watcher.

    Parameters
    ----------
    chair
        Open.
    language
        Of the watcher.
    session
        Of its browser.
    aim
        What it wants to see; None for whatever there is.
    program
        Tells one start of the program from another.
    """

    def __init__(self, chair: Chair, language: Language, session: Session, aim: HeldTo | None, program: str) -> None:
        self._chair = chair
        self._language = language
        self._session = session
        self._aim = aim
        self._program = program
        # The same words go with many frames.
        self._said: Callable[[str], str] = lru_cache(_KEPT_SENTENCES)(language.sentence)

    def of(self, now: Now, frame: LiveFrame | None) -> dict[str, Any]:
        """Return the header of a message; `frame` is the one whose JPEG goes with it."""
        trouble = now.live.trouble
        here = self._aim is None or self._chair.stream.aim == self._aim
        return {
            "program": self._program,
            "now_s": time.clock_gettime(time.CLOCK_BOOTTIME),
            "frame": None if frame is None else self._frame(frame),
            "guidance": self._guidance(now.live.frame),
            "here": here,
            "elsewhere": None if here else self._elsewhere(self._chair.stream.aim),
            "trouble": None if trouble is None else self._said(str(trouble)),
            "given_up": isinstance(trouble, CameraGivenUp),
            "taking": self._taking(now.taking),
            "ready": None if now.ready is None else self._ready(now.ready),
            "seat": self._seat(),
        }

    def _frame(self, frame: LiveFrame) -> dict[str, Any]:
        reading = frame.reading
        return {
            "number": frame.number,
            "taken_s": frame.taken_s,
            "size_px": frame.size_px,
            "um_per_px": frame.um_per_px,
            "meters": {
                "focus": round(reading.focus, 4),
                "peak": round(reading.focus_peak, 4),
                "trend": reading.focus_trend,
                "exposure": round(reading.exposure, 4),
                "under": round(reading.under_share, 5),
                "over": round(reading.over_share, 5),
                "glare": round(reading.glare_share, 5),
                "mark_mm": reading.mark_mm,
            },
        }

    def _guidance(self, frame: LiveFrame | None) -> dict[str, Any] | None:
        """Say how the baseline stands: looked for, none, not found in the frame, or where it lies."""
        if not isinstance(self._aim, Aim):
            return None
        guided = self._chair.stream.guided(self._aim)
        if guided is None:
            return {"state": "looking"}
        if guided.measurement is None:
            return {"state": "none", "words": self._said(guided.words(None))}
        seen = None if frame is None or frame.aim != self._aim else frame.guidance
        if seen is None:
            return {"state": "none", "words": self._said(guided.trouble)} if guided.trouble else {"state": "begun"}
        if seen.placement is None:
            return {"state": "lost", "words": self._said(guided.words(seen))}
        return {
            "state": "there" if seen.there else "way",
            "words": self._said(guided.words(seen)),
            "move_mm": seen.move_mm,
            "turn_deg": seen.turn_deg,
            "overlap": seen.overlap_share,
            "confidence": seen.confidence,
            "placement": {
                "shift_mm": seen.placement.shift_mm,
                "turn_deg": seen.placement.turn_deg,
                "scale": seen.placement.scale,
            },
        }

    def _elsewhere(self, aim: HeldTo | None) -> str:
        words = self._language.words
        if isinstance(aim, Aim):
            return words("Another window shows {site} of {patient} here.").format(
                site=self._said(site_name(aim.site)), patient=aim.patient_code
            )
        return words("Another window shows a calibration target here.")

    def _taking(self, state: TakingState) -> dict[str, Any]:
        return {
            "number": state.number,
            "stage": state.stage.value,
            "running": state.running,
            "mine": state.aim is not None and state.aim == self._aim,
            "site": None if state.aim is None else self._said(site_name(state.aim.site)),
            "started": None if state.started is None else state.started.value,
            "capture_id": None if state.capture_id is None else str(state.capture_id),
            "sentence": None if state.sentence is None else self._said(state.sentence),
        }

    def _ready(self, ready: Readiness) -> dict[str, Any]:
        return {
            "calibration": None if ready.calibration is None else ready.calibration.value,
            "due": None if ready.due is None else self._said(ready.due),
            "refusal": None if ready.refusal is None else self._said(ready.refusal),
        }

    def _seat(self) -> dict[str, Any]:
        technician = self._session.technician
        other = self._chair.seat.other_than(self._session.session_id, technician)
        return {"technician": technician, "others": None if other is None else other.technician}
