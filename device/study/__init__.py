"""Studies of repeatability: a folder of repeats, or what the instrument's store holds, and the floors they give."""
