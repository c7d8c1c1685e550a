"""Tests of the benchmark itself: a scorer that flatters would make every figure worthless."""
