"""Comparing two pictures of one place."""
