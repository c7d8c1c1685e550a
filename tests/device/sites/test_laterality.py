"""Sites typed by hand: the other side, and a known place spelled anew, are asked about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import PROTOCOL, Place, landmark_key
from device.sites import doubts

NO_TEMPLES = ("vertex", "occipital")


@given(st.integers(60, 380), st.integers(5, 160))
def test_the_mirror_of_a_known_place_is_doubted(behind: int, beside: int) -> None:
    """Breaks when a site is taken on the wrong side and nobody is asked."""
    left, right = (landmark_key(Place(behind, side * beside)) for side in (-1, 1))
    (said,) = doubts([right], [*PROTOCOL, left])
    assert "mirror image" in said
    assert "patient's right" in said
    assert left in said


@pytest.mark.parametrize(("asked", "known"), [("temporal-left", "temporal-right"), ("temporal-right", "temporal-left")])
def test_the_other_temple_is_doubted_where_the_protocol_has_one(asked: str, known: str) -> None:
    """Breaks when a clinic that follows one temple gets a picture of the other."""
    (said,) = doubts([asked], [*NO_TEMPLES, known])
    assert "mirror image" in said


def test_a_known_place_spelled_anew_is_doubted() -> None:
    """Breaks when a place measured again by tape begins a second series."""
    (said,) = doubts(["g124-l38"], [*PROTOCOL, "g120-l35", "g120-r35"])
    assert "5 mm from g120-l35" in said


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ([], ["g120-l35"]),
        (["g120-l35"], []),
        (["g120-l35"], ["g120-l35", "g120-r35"]),
        (["g120-l35"], ["g160-r35"]),
        (["g120-m0"], ["g150-m0"]),
        (["g150-m0"], PROTOCOL),  # the mid-scalp's own place is the drawing's, not a patient's
        (["g140-l125"], PROTOCOL),
        (list(PROTOCOL), PROTOCOL),
    ],
)
def test_what_is_known_or_far_is_not_doubted(asked: list[str], known: list[str]) -> None:
    """Breaks when every new site is asked about: then nobody reads the question."""
    assert doubts(asked, known) == ()
