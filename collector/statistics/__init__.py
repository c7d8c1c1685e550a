"""The clinic's statistics: pure functions on numbers, each with its source; no store, no messages, no pictures."""
