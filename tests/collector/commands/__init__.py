"""Tests of the collector's command line."""
