"""A person's corrections of a measurement, and the figures that follow from them."""

from analysis.correction.apply import CorrectionRefused, corrected

__all__ = ["CorrectionRefused", "corrected"]
