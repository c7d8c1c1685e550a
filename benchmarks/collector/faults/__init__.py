"""Random scenarios of everything that goes wrong at the clinic, each drawn from its number.

One to four collectors, a PostgreSQL of the scenario's own or SQLite, mosquitto in the product's configuration, and
instruments that send until they have a receipt. Collectors are killed and halted, the database and the broker crash,
lose what they had or their network, disks are full, a patient is erased, poison comes; then all is healed, and what
the instruments were told is compared with what the database holds, byte for byte.

``python -m benchmarks.collector.faults --seed 17`` plays one, ``--runs 100`` plays them all.
"""
