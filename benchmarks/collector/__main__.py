"""The collector, against what is asked of it, with its peers on the same load in the same run.

One part at a time, as each takes the whole machine; each renews its own section of docs/benchmarks.md. ``--part`` picks
some, ``--short`` prints a tenth of the runs.
"""

from __future__ import annotations

import sys

from benchmarks.collector import ingestion, ingestion_memory, ingestion_shared, load, pages, trial
from benchmarks.collector.faults import scenario as faults
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
    "faults": Part(
        "collector-faults",
        "Random scenarios of everything that goes wrong at the clinic, two at a time: one to four collectors on a"
        " PostgreSQL of the scenario's own, or one on SQLite; mosquitto in the product's configuration; instruments"
        " that send until they have a receipt, in every tenth scenario the product's own among them. What they were"
        " told is compared with what the database holds, byte for byte. ``python -m benchmarks.collector.faults --seed"
        " N`` plays one again.",
        100,
        faults.rows,
    ),
    "load": Part(
        "collector-load",
        "200 simulated chairs, each with a connection over TLS and the device's rules of sending, against two"
        " collectors over one PostgreSQL; the real pace is a capture of 10 kB a minute at every chair. Chairs, broker,"
        " collectors and database share this machine's cores.",
        60,
        load.rows,
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
    "pages": Part(
        "collector-pages",
        "Every page and every resource of the interface, each of 60 other patients, asked in this process: how long the"
        " server takes and how much it sends, where 2,000 patients with 100,000 captures of 10 kB are in the store.",
        100_000,
        pages.rows,
    ),
}

if __name__ == "__main__":
    run(PARTS, __doc__, sys.argv[1:], at_a_time=1)
