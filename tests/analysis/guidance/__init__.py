"""Tests of the way back to a baseline's place."""
