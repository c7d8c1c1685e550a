"""Whether two pictures show the same place, and how one lies on the other: from the constellation of the roots."""

from analysis.registration.register import Registration, register
from analysis.registration.transform import Transform

__all__ = ["Registration", "Transform", "register"]
