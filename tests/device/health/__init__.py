"""Checks of the instrument."""
