"""The finder for any hair: a small network, trained on drawn scalps, sees shafts, roots, tips and cover."""

from analysis.learned.finder import Seen, find

__all__ = ["Seen", "find"]
