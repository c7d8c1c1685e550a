"""Tests of :mod:`device.delivery` that need no broker."""
