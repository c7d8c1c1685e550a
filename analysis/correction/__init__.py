"""A person's corrections of a measurement's hairs, and the figures that follow from them."""

from analysis.correction.apply import corrected
from analysis.correction.edits import numbered_hairs
from analysis.correction.refused import CorrectionRefused

__all__ = ["CorrectionRefused", "corrected", "numbered_hairs"]
