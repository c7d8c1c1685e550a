"""Delivery, against what is asked of it: faults, power cuts, speed, memory, hostile messages, forbidden acts.

Everything runs against the real mosquitto over mutual TLS, with real processes. One part at a time, as each takes the
whole machine; each renews its own section of docs/benchmarks.md. ``--part`` picks some, ``--short`` prints a tenth of
the runs.
"""

from __future__ import annotations

import sys

from benchmarks.delivery import fuzz, link, picture_memory, picture_way, rights, throughput
from benchmarks.delivery.chaos import figures as chaos
from benchmarks.delivery.crash import figures as crash
from benchmarks.parts import Part, run

PARTS = {
    "faults": Part(
        "delivery-faults",
        "Drawn scenarios, each re-run by its number (`python -m benchmarks.delivery.chaos --seed 17`): kills, networks"
        " cut and slowed, full and read-only disks, clocks that jump, false receipts, overlapping. Judged by hash.",
        200,
        chaos.rows,
    ),
    "crashes": Part(
        "delivery-crashes",
        "What a power cut may leave: every operation of captures recorded and replayed on a disk that forgets what was"
        " not forced to it; and an ext4 on a loop device, cut while captures are kept.",
        25,
        crash.rows,
    ),
    "speed": Part(
        "delivery-speed",
        "Figures of 10 kB from the device's store to the receipt written down there, all over mutual TLS.",
        3000,
        throughput.rows,
    ),
    "pictures": Part(
        "delivery-pictures",
        "A picture of 10 MB until the clinic's 201, against a bare httpx PUT to an aiohttp sink that hashes and forces"
        " it to the disk.",
        15,
        picture_way.rows,
    ),
    "link": Part(
        "delivery-link",
        "A result kept while a picture of 10 MB is on its way, over 50 Mbit/s between two network namespaces.",
        20,
        link.rows,
    ),
    "memory": Part(
        "delivery-memory", "What both sides hold in memory while pictures of 10 MB pass.", 100, picture_memory.rows
    ),
    "fuzz": Part(
        "delivery-fuzz",
        "Random and mutated messages to everything that meets the network, real stores behind it.",
        1_000_000,
        fuzz.rows,
    ),
    "rights": Part(
        "delivery-rights",
        "What may not be, tried: each act against the real broker and the running collector, with a permitted act"
        " beside it that must succeed.",
        1,
        rights.rows,
    ),
}

if __name__ == "__main__":
    run(PARTS, __doc__, sys.argv[1:], at_a_time=1)
