"""Learning from drawn scalps: what is drawn, what is told of it, and what becomes of a batch."""
