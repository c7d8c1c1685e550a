"""Calibration: what turns pixels into micrometres, even light and true colour, from pictures of certified targets."""
