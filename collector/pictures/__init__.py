"""Pictures: taken in by HTTPS, kept under the name of their own digest, given out."""
