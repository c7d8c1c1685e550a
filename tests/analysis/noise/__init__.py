"""Tests of `analysis.noise`."""
