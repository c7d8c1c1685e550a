"""Tests of `analysis.learned`."""
