"""Tests of studies of repeatability."""
