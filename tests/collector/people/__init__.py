"""Tests of who may do what, and of what they did."""
