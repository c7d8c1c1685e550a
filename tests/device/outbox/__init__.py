"""Tests of :mod:`device.outbox`."""
