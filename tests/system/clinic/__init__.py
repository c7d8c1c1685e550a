"""The clinic: its pages in a browser, and whole days and trials at it."""
