"""Tests of the analysis: each step alone, then the chain."""
