"""Tests of `analysis.classical`."""
