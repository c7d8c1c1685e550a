"""Files for other systems, read back by the programs that will read them."""
