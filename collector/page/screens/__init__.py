"""One module a screen, its addresses; template, script and style of the same name."""
