"""The clinic's service: each room alone, and the subscriber with a real broker."""
