"""The finder for dark hair that stands out: ridges by direction, lines that compete, roots by their streaks."""

from analysis.classical.finder import Clear, find

__all__ = ["Clear", "find"]
