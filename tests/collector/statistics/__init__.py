"""The clinic's statistics."""
