"""What instruments' words mean: how each stands, why, and what to do. Pure but for the certificates' records."""
