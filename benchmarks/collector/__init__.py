"""The collector, against what is asked of it."""
