"""The instrument against what is asked of it: scale, radiometry, wires, gate, and a long day with faults.

Two parts run at a time, each renews its own section of docs/benchmarks.md; ``--part`` picks some, ``--short`` prints a
tenth of the runs.
"""

from __future__ import annotations

import sys

from benchmarks import (
    instrument_cost,
    instrument_gate,
    instrument_radiometry,
    instrument_scale,
    instrument_soak,
    instrument_wires,
)
from benchmarks.parts import Part, run

PARTS = {
    "scale": Part(
        "scale",
        "Drawn targets with 2 % distortion, 3 degrees of tilt, noise, defocus and 10 % of the dots dirty; what is found"
        " against what was drawn.",
        100,
        instrument_scale.rows,
    ),
    "radiometry": Part(
        "radiometry",
        "Drawn cards and charts through cameras whose blur, tone curve, colours, light and focus are known.",
        20,
        instrument_radiometry.rows,
    ),
    "wires": Part(
        "wires",
        "Drawn wires through camera (the real Picamera2 class on the stand-in), calibration and `measure`.",
        6,
        instrument_wires.rows,
    ),
    "gate": Part(
        "gate",
        "Drawn scalps with graded faults. A density's error is what the fault causes, against the same"
        " scalp without it.",
        1000,
        instrument_gate.rows,
    ),
    "cost": Part(
        "cost",
        "A still of 4056 x 3040 px with distortion, tilt, flat field and colours to be set; wall times with all cores.",
        5,
        instrument_cost.rows,
    ),
    "soak": Part(
        "soak",
        "Captures on the stand-in with faults put in at random: hanging, vanishing, wrong settings.",
        500,
        instrument_soak.rows,
    ),
}


if __name__ == "__main__":
    run(PARTS, __doc__, sys.argv[1:])
