"""Ingestion: what is heard of the broker, decided, and kept."""
