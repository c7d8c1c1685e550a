"""Tests of the drawn scalp."""
