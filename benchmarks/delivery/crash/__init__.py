"""Crash consistency: what a power cut leaves of both stores, by replayed writes and by a real file system."""
