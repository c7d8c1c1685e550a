"""The chair page's live picture, against what is asked of it: fluent, fresh on a slow link, and nobody's hostage.

Everything runs as it is used: the page's own server in a process of its own, Debian's Chromium on the capture screen.
One part at a time, as each takes the whole machine; each renews its own section of docs/benchmarks.md. ``--part`` picks
some, ``--short`` watches a tenth of the time.
"""

from __future__ import annotations

import sys

from benchmarks.chair import fluency, not_reading, slow_link
from benchmarks.parts import Part, run

PARTS = {
    "fluency": Part(
        "chair-fluency",
        "Frames that a browser shows while a measurement runs in the same program, in one tab and in eight.",
        60,
        fluency.rows,
    ),
    "link": Part(
        "chair-link",
        "Age of the frame on the screen, at every moment from its exposure to its replacement, over 5 Mbit/s.",
        60,
        slow_link.rows,
    ),
    "not-reading": Part("chair-not-reading", "What a watcher costs that stops reading.", 30, not_reading.rows),
}

if __name__ == "__main__":
    run(PARTS, __doc__, sys.argv[1:], at_a_time=1)
