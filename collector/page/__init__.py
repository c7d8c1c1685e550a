"""The clinic's pages: what is stored, shown to people."""
