"""Tests of :mod:`device.chair`."""
