"""The tattooed mark: a dot of ink in the dermis, found between and under hairs, or not found."""

from analysis.mark.find import Mark, find_mark

__all__ = ["Mark", "find_mark"]
