"""Tests of enrolment and renewal, against a small stand-in for the clinic over real TLS."""
