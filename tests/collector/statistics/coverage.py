"""How often intervals hold the truth, and how often they may not."""

from scipy import stats


def as_often_as_stated(held: int, trials: int, share: float = 0.95) -> bool:
    """Say whether intervals of this share hold the truth this often, but for one in a thousand such series a side."""
    low, high = stats.binom.ppf([0.001, 0.999], trials, share)
    return bool(low <= held <= high)
