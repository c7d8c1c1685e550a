"""Tests of what looks after the collector."""
