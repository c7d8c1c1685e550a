"""Two measurements of one place in, what changed out: numpy only, so that a service without OpenCV can compare too."""

from analysis.comparison.compare import compare

__all__ = ["compare"]
