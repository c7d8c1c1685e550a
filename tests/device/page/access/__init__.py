"""Tests of who may use the page."""
