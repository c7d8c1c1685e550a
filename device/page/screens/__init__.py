"""The screens: one module each, with its addresses; its template and its script carry the same name."""
