"""The store's formats, from the first on, each with the way there and back (Alembic)."""
