"""The collector, against what is asked of it, with its peers on the same load in the same run.

One part at a time, as each takes the whole machine; each renews its own section of docs/benchmarks.md. ``--part`` picks
some, ``--short`` prints a tenth of the runs.
"""

from __future__ import annotations

import sys

from benchmarks.collector import ingestion, ingestion_memory, ingestion_shared, trial
from benchmarks.parts import Part, run

PARTS = {
    "ingestion": Part(
        "collector-ingestion",
        "Captures of 10 kB, published at QoS 1 with 100 in flight, until the last is in the database; in turn with the"
        " peers on the same bytes, each with a fresh mosquitto. The collector validates, receipts, and acknowledges"
        " after its commit; mq-bridge stores raw bytes. Medians of three rounds.",
        3000,
        ingestion.rows,
    ),
    "ingestion-shared": Part(
        "collector-ingestion-shared",
        "Four collectors on a shared subscription over one PostgreSQL, each of them killed (-9) and started again while"
        " captures come.",
        8000,
        ingestion_shared.rows,
    ),
    "ingestion-memory": Part(
        "collector-ingestion-memory",
        "What a collector on SQLite holds in memory while captures of 10 kB pass.",
        200_000,
        ingestion_memory.rows,
    ),
    "trial": Part(
        "collector-trial",
        "A simulated trial through the whole system: three arms, two visits, a treated site and a donor control. Scalps"
        " are drawn at 1280 x 1280 px, change as planted, and are photographed, judged and measured as at the chair;"
        " some patients leave, pictures are refused, rejected, taken again, corrected. The chair's store and delivery,"
        " mosquitto and the collector are real; what is reached is read on the study's page: adjusted differences with"
        " 95 % intervals. How often intervals hold the truth is counted over other trials of as many patients, whose"
        " figures are true densities with errors of these pictures, straight in the store.",
        200,
        trial.rows,
    ),
}

if __name__ == "__main__":
    run(PARTS, __doc__, sys.argv[1:], at_a_time=1)
