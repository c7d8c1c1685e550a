"""Hair that was not made ready: roots stay, what is known of them stays true."""

from __future__ import annotations

import numpy as np
import pytest

from phantom import ScalpSettings, SettingError, clump, grow, lay_over, photograph
from phantom.optics import Optics

SCALP = grow(ScalpSettings(size_mm=(5.0, 4.0), hair_density_per_cm2=150.0), 7)


def test_clumping_turns_hairs_and_moves_no_root() -> None:
    """Breaks when the truth of a wet scalp is another than that of the dry one."""
    wet = clump(SCALP, 1.0, seed=1)
    assert [h.root_mm for h in wet.hairs] == [h.root_mm for h in SCALP.hairs]
    assert [h.length_mm for h in wet.hairs] == [h.length_mm for h in SCALP.hairs]
    assert clump(SCALP, 0.0) == SCALP
    assert clump(SCALP, 1.0, seed=1) == wet != clump(SCALP, 1.0, seed=2)


def test_the_hairs_of_a_clump_point_to_one_place() -> None:
    """Breaks when wet hair is drawn as combed."""
    hairs = clump(SCALP, 1.0, reach_mm=1.6).hairs
    roots = np.array([h.root_mm for h in hairs])
    ways = np.array([[np.cos(h.direction_rad), np.sin(h.direction_rad)] for h in hairs])

    def company(first: int) -> int:
        """How many others point to the place where this one's way and its nearest companion's meet."""
        most = 0
        for second in np.argsort(np.hypot(*(roots - roots[first]).T))[1:6]:
            sides = np.column_stack([ways[first], -ways[second]])
            if abs(np.linalg.det(sides)) < 1e-3:
                continue
            meet = roots[first] + ways[first] * np.linalg.solve(sides, roots[second] - roots[first])[0]
            off = (meet - roots)[:, 0] * ways[:, 1] - (meet - roots)[:, 1] * ways[:, 0]
            near = np.hypot(*(roots - meet).T) < 1.5
            most = max(most, int(((np.abs(off) < 1e-6) & near).sum()))
        return most

    assert np.median([company(first) for first in range(40)]) >= 3


def test_a_share_of_the_hairs_clumps() -> None:
    """Breaks when grades of wetness are all the same."""
    turned = [w.direction_rad != d.direction_rad for w, d in zip(clump(SCALP, 0.3).hairs, SCALP.hairs, strict=True)]
    assert np.mean(turned) == pytest.approx(0.3, abs=0.08)


def test_hair_from_beside_crosses_the_field_and_is_not_rooted_in_it() -> None:
    """Breaks when hair that only lies over the field counts as the field's own."""
    over = lay_over(SCALP, 12, seed=3)
    assert over.hairs[: len(SCALP.hairs)] == SCALP.hairs
    assert len({h.hair_id for h in over.hairs}) == len(over.hairs)
    assert over.next_hair_id == SCALP.next_hair_id + 12
    optics = Optics(size_px=(754, 566))
    with_, without = (photograph(s, optics).truth for s in (over, SCALP))
    assert len(with_.rooted_in()) == len(without.rooted_in())
    assert len(with_.hairs) >= len(without.hairs) + 6


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_beyond_all_is_refused(share: float) -> None:
    """Breaks when a setting is silently cut off."""
    with pytest.raises(SettingError, match="share"):
        clump(SCALP, share)


def test_more_hairs_than_can_be_drawn_are_refused() -> None:
    """Breaks when a slip of the keyboard draws for an hour."""
    with pytest.raises(SettingError, match="hairs"):
        lay_over(SCALP, 2001)
