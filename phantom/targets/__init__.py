"""Calibration targets, drawn: each dot, line and edge where its certificate says, for tests, benchmarks, simulation."""
