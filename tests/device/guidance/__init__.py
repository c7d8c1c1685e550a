"""Tests of guiding to a site's baseline."""
