"""Secrets given out once: a session's cookie, a one-time link, a token. The store keeps their digests alone."""

import hashlib
import re
import secrets

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """Return 256 random bits as 43 characters that an address or a cookie can hold."""
    return secrets.token_urlsafe(32)


def looks_like_one(brought: str) -> bool:
    """Say whether a text can be such a secret: what cannot is not looked for."""
    return _SHAPE.fullmatch(brought) is not None


def digest(secret: str) -> str:
    """Return what the store knows a secret by.

    SHA-256 without salt or stretching: 256 random bits cannot be guessed from it, as a password could.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
