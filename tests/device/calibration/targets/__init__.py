"""Tests of finding targets."""
