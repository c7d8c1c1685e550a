"""Pictures taken in, kept and given out."""
