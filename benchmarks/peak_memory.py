"""Prints how much memory a method needs above what stands after imports.

Run as ``python -m benchmarks.peak_memory sato FILE.npy``, in a process of its own, as a process' peak never falls.
Read from /proc where there is one: there getrusage's peak starts at that of the process that started this one.
"""

from __future__ import annotations

import importlib
import re
import resource
import sys
from pathlib import Path

import numpy as np


def main(method: str, path: Path) -> None:
    """Load the picture, run the method once, print MB."""
    speed = importlib.import_module("benchmarks.speed")
    if method != "trichoscope":
        importlib.import_module("skimage.filters").sato(np.zeros((8, 8), np.float32))  # loaded when first asked for
    before_kb = _status_kb("VmRSS")
    speed.METHODS[method](np.load(path))
    print((_status_kb("VmHWM") - before_kb) / 1024)  # noqa: T201


def _status_kb(entry: str) -> int:
    listing = Path("/proc/self/status")
    if not listing.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = re.search(rf"{entry}:\s+(\d+) kB", listing.read_text())
    if found is None:
        raise RuntimeError(f"this system's /proc/self/status has no {entry}: run on another Linux")
    return int(found[1])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
