"""Delivery from the chair to the clinic: what is promised of it, tried and measured by real processes."""
