"""Tests of the lights."""
