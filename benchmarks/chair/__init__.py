"""The chair page's live picture, against what is asked of it."""
