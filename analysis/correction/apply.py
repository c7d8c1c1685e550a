"""From a measurement and corrections of its hairs, to a measurement with the figures of the corrected hairs."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.measurement import Measurement


class CorrectionRefused(ValueError):
    """A correction cannot be applied; the message says which and why."""


def corrected(measurement: Measurement, edits: Sequence[Mapping[str, Any]]) -> Measurement:
    """Apply corrections in their order (placeholder until the module is written)."""
    raise CorrectionRefused(f"{len(edits)} corrections of {len(measurement.hairs)} hairs cannot be applied yet.")
