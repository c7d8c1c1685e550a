"""Tests of :mod:`device.page.access`."""
