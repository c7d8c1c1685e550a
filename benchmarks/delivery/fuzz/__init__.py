"""Fuzz: random and mutated messages to every parser that meets the network, on both sides.

What each message is follows from its number alone, so that one which did harm can be looked at again:
``python -m benchmarks.delivery.fuzz --number 4711``. The handlers are the product's, their stores real and on a disk.
"""

from benchmarks.delivery.fuzz.part import rows

__all__ = ["rows"]
