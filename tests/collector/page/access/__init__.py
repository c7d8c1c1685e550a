"""Tests of what stands before every page."""
