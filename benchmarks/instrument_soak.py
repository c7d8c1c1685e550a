"""The camera for a long day: captures on the stand-in camera stack, with faults at random, and what is left of them.

Run as ``python -m benchmarks.instrument_soak [captures]``; it stands by itself in a process, as memory is measured.

The real picamera2 runs on the stand-in libcamera (`tests/libcamera`), with `device.camera.recovery` around it and a
watched preview beside the stills. A fault comes before a capture or within it, and goes when that capture has ended:

- hang: the call into libcamera does not return
- stall: frames stop, as with a loose cable
- vanish: the camera is gone, for opening too
- wrong settings: a control never takes hold
- no memory: the next buffer cannot be had
"""

from __future__ import annotations

import contextlib
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.targets import Bound
from device.camera import CameraError, CameraGivenUp, Picamera2Settings
from device.camera.live import LivePreview
from device.camera.owner_thread import abandoned_threads
from device.camera.pi_camera import PiCamera
from device.camera.recovery import RecoveringCamera, Recovery
from tests.libcamera.buffers import MemfdHeap
from tests.libcamera.camera import held_requests
from tests.libcamera.sensor import Picture, Sensor
from tests.libcamera.stack import connected, stand_in_libcamera

CAPTURES = 500
BIG_CAPTURES = 12
BIG_SIZE_PX = (4608, 2592)
SMALL_SIZE_PX = (384, 216)
FAULTS = ("hang", "stall", "vanish", "wrong settings", "no memory")
_FAULTY_SHARE = 0.15
_WARM_UP_SHARE = 0.2
_CONTROLS = ("ExposureTime", "AnalogueGain", "ColourGains", "LensPosition")
#: Beyond the camera's own limits, for opening it again before and for a busy machine.
_MARGIN_S = 2.0
_RECOVERY = Recovery(tries=12, first_pause_s=0.02, longest_pause_s=0.2, most_wait_s=1.0)

_MEMORY = Bound("memory", "memory at the end over memory after warming up", low=-0.05, high=0.05, digits=1, unit="%")
_NONE = {
    "unnamed": Bound("unnamed", "captures that ended in neither a picture nor a named error", high=0, digits=0),
    "late": Bound("late", "captures beyond their time limit", high=0, digits=0),
    "held": Bound("held", "requests held at the end", high=0, digits=0),
    "threads": Bound("threads", "threads left at the end", high=0, digits=0),
}


@dataclass
class Soak:
    """What a run came to.

    Parameters
    ----------
    pictures : int
        Captures that ended in a picture.
    errors : Counter of str
        Captures that ended in a named error, by its name.
    unnamed : list of str
        What others ended in.
    faults : Counter of str
        Faults put in, by kind.
    longest_s, limit_s : float
        The longest capture, and what each may take.
    late : int
        Captures that took longer than they may.
    memory_kb : list of int
        Resident memory after every capture.
    held_requests, threads_left : int
        At the end.
    frames_seen : int
        Preview frames that the watcher had.
    """

    limit_s: float
    pictures: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    unnamed: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0
    late: int = 0
    memory_kb: list[int] = field(default_factory=list)
    held_requests: int = 0
    threads_left: int = 0
    frames_seen: int = 0

    @property
    def memory_growth(self) -> float:
        """Median resident memory of the last fifth over that of the fifth after warming up, less 1."""
        fifth = max(1, int(_WARM_UP_SHARE * len(self.memory_kb)))
        after_warm_up, last = self.memory_kb[fifth : 2 * fifth], self.memory_kb[-fifth:]
        return float(np.median(last) / np.median(after_warm_up) - 1)


def rows(runs: int = CAPTURES) -> list[tuple[str, str, str, str]]:
    """Run the day, then a short one at 12 MP, and word what came of them.

    Parameters
    ----------
    runs : int
        Captures of the day.

    Returns
    -------
    list of (str, str, str, str)
        What, asked, reached, verdict.
    """
    with stand_in_libcamera():
        day = soak(runs, faulty_share=_FAULTY_SHARE)
        big = soak(BIG_CAPTURES, faulty_share=0.0, size_px=BIG_SIZE_PX, time_limit_s=20.0)
    put_in = ", ".join(f"{count} {kind}" for kind, count in sorted(day.faults.items()))
    ended = ", ".join(f"{count} {name}" for name, count in sorted(day.errors.items()))
    title = f"{runs} captures on the stand-in"
    return [
        (f"{title}: pictures", "", f"{day.pictures}; errors: {ended or 'none'}", ""),
        (f"{title}: faults put in", "", put_in or "none", ""),
        (
            f"{title}: longest capture",
            f"<= {day.limit_s:.1f} s",
            f"{day.longest_s:.2f} s",
            "met" if day.longest_s <= day.limit_s else "**short**",
        ),
        *_worded(day, title),
        (f"{BIG_CAPTURES} captures of 12 MP: pictures", f">= {BIG_CAPTURES}", f"{big.pictures}", _all_taken(big)),
        *_worded(big, f"{BIG_CAPTURES} captures of 12 MP"),
    ]


def soak(
    captures: int,
    *,
    faulty_share: float,
    size_px: tuple[int, int] = SMALL_SIZE_PX,
    time_limit_s: float = 0.2,
    seed: int = 0,
) -> Soak:
    """Take captures; the stand-in has to be in place.

    Parameters
    ----------
    captures : int
        How many.
    faulty_share : float
        Share of them with a fault.
    size_px : (int, int)
        Width and height of the sensor and of a still.
    time_limit_s : float
        Of the camera's settings.
    seed : int
        Of the faults.
    """
    rng = np.random.default_rng([seed, 500])
    sensor = Sensor(_scene(size_px))
    settings = Picamera2Settings(
        kind="picamera2",
        still_size_px=size_px,
        exposure_us=10_000,
        analogue_gain=1.0,
        colour_gains=(1.8, 2.0),
        lens_position_dioptres=6.0,
        preview_width_px=192 if size_px == SMALL_SIZE_PX else 640,
        time_limit_s=time_limit_s,
    )
    threads = set(threading.enumerate())
    within = PiCamera(settings)
    # Another's opening is waited for; a failed call takes its own limit, and closing the camera after it the same.
    done = Soak(limit_s=2 * within.asking_limit_s() + _RECOVERY.most_wait_s + _MARGIN_S)
    with connected(sensor) as cameras:
        with RecoveringCamera(within, _RECOVERY) as camera, _watched_preview(camera, done):
            for _ in range(captures):
                fault = str(rng.choice(FAULTS)) if rng.random() < faulty_share else None
                with _fault(sensor, fault, rng):
                    _capture(camera, done)
                if fault is not None:
                    done.faults[fault] += 1
                done.memory_kb.append(_resident_kb())
                _wait_for(lambda: camera.state.seconds_to_next_try == 0, limit_s=1.0)
            with contextlib.suppress(CameraError):
                camera.preview(None)
            _wait_for(lambda: held_requests(cameras[0]) == 0, limit_s=1.0)
            done.held_requests = held_requests(cameras[0])
        _wait_for(lambda: set(threading.enumerate()) <= threads, limit_s=3.0)
        done.threads_left = len(set(threading.enumerate()) - threads) + abandoned_threads()
    return done


def _capture(camera: RecoveringCamera, done: Soak) -> None:
    begun_s = time.monotonic()
    try:
        camera.still(None)
        done.pictures += 1
    except CameraError as error:
        done.errors[type(error).__name__] += 1
        if isinstance(error, CameraGivenUp):
            camera.begin_again()
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        done.unnamed.append(repr(error))
    took_s = time.monotonic() - begun_s
    done.longest_s = max(done.longest_s, took_s)
    done.late += took_s > done.limit_s


@contextlib.contextmanager
def _watched_preview(camera: RecoveringCamera, done: Soak) -> Iterator[None]:
    """Watch the preview as a page does, for as long as the captures go on."""
    ending = threading.Event()

    def watch_on() -> None:
        with live.watch() as watch:
            while not ending.is_set():
                with contextlib.suppress(CameraError):
                    watch.next(0.5)
                    done.frames_seen += 1

    with LivePreview(camera, most_frames_per_s=10) as live:
        watcher = threading.Thread(target=watch_on, name="watcher")
        watcher.start()
        try:
            yield
        finally:
            ending.set()
            watcher.join()


@contextlib.contextmanager
def _fault(sensor: Sensor, kind: str | None, rng: np.random.Generator) -> Iterator[None]:
    """Put a fault in at once or a little later, and take it out at the end."""
    begin: dict[str, Callable[[], None]] = {
        "hang": sensor.lets_go.clear,
        "stall": sensor.running.clear,
        "vanish": lambda: setattr(sensor, "plugged", False),
        "wrong settings": lambda: setattr(sensor, "deaf_to", frozenset({str(rng.choice(_CONTROLS))})),
        "no memory": lambda: setattr(MemfdHeap, "failures_to_come", 1),
    }
    timer = threading.Timer(float(rng.choice((0.0, rng.uniform(0.0, 0.03)))), begin[kind]) if kind else None
    if timer is not None:
        timer.start()
    try:
        yield
    finally:
        if timer is not None:
            timer.cancel()
            timer.join()
        sensor.lets_go.set()
        sensor.running.set()
        sensor.plugged, sensor.deaf_to = True, frozenset()
        MemfdHeap.failures_to_come = 0


def _worded(done: Soak, title: str) -> list[tuple[str, str, str, str]]:
    figures = {
        "unnamed": len(done.unnamed),
        "late": done.late,
        "held": done.held_requests,
        "threads": done.threads_left,
    }
    bounds = [(bound, float(figures[name])) for name, bound in _NONE.items()]
    return [
        (f"{title}: {bound.words}", bound.asked(), bound.shown(value), bound.verdict(value))
        for bound, value in [(_MEMORY, done.memory_growth), *bounds]
    ]


def _all_taken(done: Soak) -> str:
    return "met" if done.pictures == BIG_CAPTURES else f"**short by {BIG_CAPTURES - done.pictures}**"


def _scene(size_px: tuple[int, int]) -> Picture:
    width, height = size_px
    tile = np.random.default_rng(6).integers(90, 200, (36, 64, 3)).astype(np.uint8)
    return np.tile(tile, (-(-height // 36), -(-width // 64), 1))[:height, :width]


def _wait_for(condition: Callable[[], bool], limit_s: float) -> None:
    end_s = time.monotonic() + limit_s
    while not condition() and time.monotonic() < end_s:
        time.sleep(0.005)


def _resident_kb() -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if found is None:
        raise RuntimeError("this system's /proc/self/status has no VmRSS: run on another Linux")
    return int(found[1])


if __name__ == "__main__":
    for row in rows(int(sys.argv[1]) if len(sys.argv) > 1 else CAPTURES):
        print(" | ".join(row))  # noqa: T201
