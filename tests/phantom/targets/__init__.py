"""Tests of the drawn calibration targets."""
