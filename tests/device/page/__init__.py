"""Tests of :mod:`device.page`."""
