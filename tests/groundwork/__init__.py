"""Tests of the groundwork."""
