"""Corrections of hairs."""
