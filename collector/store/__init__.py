"""What the clinic holds: every fact once and for ever, in SQLite or PostgreSQL. All SQL is here."""
