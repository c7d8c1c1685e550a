"""What a technician should know of the outbox before the next patient, in sentences."""

from pathlib import Path

from device.outbox.outbox import Outbox
from device.outbox.room import room

_FEW_CAPTURES = 60
"""About the captures of a busy day: below that, somebody should act before the next one."""


def warnings(outbox: Outbox, folder: Path, keep_free_mb: int) -> list[str]:
    """Return what keeps captures from the clinic, or will; empty where nothing does.

    Parameters
    ----------
    outbox
        Of the store.
    folder
        The state folder.
    keep_free_mb
        Megabytes that stay free.
    """
    said = []
    counts, left = outbox.counts(), room(outbox, folder, keep_free_mb)
    if refused := counts.refused_captures + counts.refused_others:
        said.append(f"The clinic refused {refused} of what was sent: 'trichoscope outbox' says why, and waits for you.")
    if left.captures < _FEW_CAPTURES:
        said.append(
            f"The disk takes about {left.captures} captures more, and {counts.waiting_captures} wait for the clinic:"
            " 'trichoscope outbox' says since when."
        )
    return said
