"""What is new, told to open pages as it comes: one look at the store a second, however many watch."""
