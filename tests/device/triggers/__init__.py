"""Tests of button and foot switch."""
