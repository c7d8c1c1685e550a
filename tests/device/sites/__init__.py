"""Tests of device.sites."""
