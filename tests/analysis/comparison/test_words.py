"""The words beside a comparison."""

import pytest

from analysis.comparison.change import ChangeFlag
from analysis.comparison.words import sentence


@pytest.mark.parametrize("flag", list(ChangeFlag))
def test_every_flag_has_a_sentence(flag: ChangeFlag) -> None:
    """A patient's report would say many-unclear."""
    words = sentence(flag)
    assert words != flag
    assert words[0].isupper()
    assert words.endswith(".")
    assert sentence(str(flag)) == words, "messages hold the flag as text"


def test_no_two_flags_say_the_same() -> None:
    """A technician could not tell what to do about it."""
    assert len({sentence(flag) for flag in ChangeFlag}) == len(ChangeFlag)


def test_a_flag_of_a_later_release_is_shown_as_it_is() -> None:
    """A warning that this release does not know would vanish."""
    assert sentence("raised-by-a-later-release") == "raised-by-a-later-release"
