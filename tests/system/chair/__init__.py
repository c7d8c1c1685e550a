"""The chair page in a real browser."""
