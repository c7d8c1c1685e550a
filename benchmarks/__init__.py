"""Benchmarks: each prints one table against named peers."""
