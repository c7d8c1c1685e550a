"""Noise: how much figures differ where nothing has changed, and which changes are called one."""
