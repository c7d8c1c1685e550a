"""Chance in the simulated world: each thing has a seed of its own, the same in every process."""

import hashlib


def seed_of(*names: object) -> int:
    """Return a seed that depends on the world's and on what it is for.

    Parameters
    ----------
    names
        The world's seed, then what tells the thing from all others.
    """
    text = "/".join(str(name) for name in names)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
