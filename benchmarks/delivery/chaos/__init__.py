"""Random scenarios of everything that goes wrong between the chair and the clinic, each drawn from its number.

Real programs, a real broker with client certificates; faults of machines, disks, clocks, network and messages; then all
is healed, and what was accepted at the chair is compared with what the clinic holds, byte for byte.

``python -m benchmarks.delivery.chaos --seed 17`` plays one, ``--runs 200`` plays them all.
"""
