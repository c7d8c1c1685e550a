"""What holds after any corrections, whatever they are."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Interval, Measurement
from analysis.correction import CorrectionRefused, corrected, numbered_hairs
from tests.analysis.correction.corrected_scalps import AREA_CM2, added, scalp

X, Y = st.integers(120, 680), st.integers(120, 480)
OFF = st.integers(-40, 40)


@st.composite
def valid_edits(draw: st.DrawFn, of: Measurement) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return corrections that can be applied, and how many of each kind."""
    edits: list[dict[str, Any]] = []
    done = dict.fromkeys(("added", "removed", "joined", "split", "root-moved"), 0)
    for _ in range(draw(st.integers(1, 12))):
        standing = numbered_hairs(of, edits)
        kind = draw(st.sampled_from(sorted(done)))
        edit: dict[str, Any] = {"edit": kind}
        if kind == "added":
            root = np.array([draw(X), draw(Y)])
            ways = draw(st.lists(st.tuples(OFF, OFF), min_size=1, max_size=6))
            course = np.cumsum([root, *ways], axis=0)
            edit = added(
                *(tuple(point) for point in course.tolist()), kind=draw(st.sampled_from(["terminal", "vellus"]))
            )
        elif kind == "joined":
            if len(standing) < 2:
                continue
            edit["hairs"] = draw(st.lists(st.sampled_from(list(standing)), min_size=2, max_size=2, unique=True))
        elif not standing:
            continue
        else:
            edit["hair"] = draw(st.sampled_from(list(standing)))
            line = standing[edit["hair"]].centreline_px
            if kind == "split":
                edit["at_px"] = line[len(line) // 2].tolist()
            elif kind == "root-moved":
                edit["root_px"] = [float(draw(X)), float(draw(Y))]
        try:
            numbered_hairs(of, [*edits, edit])
        except CorrectionRefused:
            continue
        edits.append(edit)
        done[kind] += 1
    return edits, done


def intervals(measurement: Measurement) -> list[Interval]:
    """Return all figures that there are."""
    values = [getattr(measurement, field.name) for field in fields(measurement)]
    return [one for one in values if isinstance(one, Interval)] + list(measurement.unit_size_shares or ())


@settings(max_examples=60)
@given(st.data(), st.integers(0, 5), st.sampled_from([0, 1, 4, 25]))
def test_any_corrections_keep_numbers_count_and_order(data: st.DataObject, seed: int, hairs: int) -> None:
    """A hair counted twice, or a number that names two, would be published as the technician's word."""
    automatic = scalp(seed, hairs, missed=(2.0, 1.0))
    edits, done = data.draw(valid_edits(automatic))
    standing = numbered_hairs(automatic, edits)
    result = corrected(automatic, edits)
    made = done["added"] + done["joined"] + 2 * done["split"]
    assert all(0 <= number < hairs + made for number in standing)
    assert list(standing) == sorted(standing)
    assert (
        len(result.hairs) == len(standing) == hairs + done["added"] - done["removed"] - done["joined"] + done["split"]
    )
    rounded = 0.005 if not edits else 1e-9  # the measurement itself, as its JSON form has it
    assert np.isclose(result.hair_density_per_cm2.value, len(result.hairs) / automatic.area_cm2, atol=rounded)
    assert np.isclose(automatic.area_cm2, AREA_CM2, atol=1e-5)
    for figure in intervals(result):
        assert figure.low <= figure.value <= figure.high
    for hair, numbered in zip(result.hairs, standing.values(), strict=True):
        assert np.array_equal(hair.centreline_px, numbered.centreline_px)
        assert hair.root_px == tuple(hair.centreline_px[0])
        assert hair.tip_px == tuple(hair.centreline_px[-1])
        assert hair.length_mm >= 0
    terminal = sum(hair.kind == "terminal" for hair in result.hairs)
    assert np.isclose(result.terminal_density_per_cm2.value, terminal / automatic.area_cm2, atol=rounded)
    assert result.missed_expected is not None
    assert 0 <= result.missed_expected <= 2.0


@settings(max_examples=60)
@given(st.data(), st.integers(0, 5))
def test_a_number_is_never_used_again(data: st.DataObject, seed: int) -> None:
    """A later correction would touch another hair than the one the technician pointed at."""
    automatic = scalp(seed, 10)
    edits, _ = data.draw(valid_edits(automatic))
    named: dict[int, int] = {}
    for count in range(len(edits) + 1):
        standing = numbered_hairs(automatic, edits[:count])
        gone = set(named) - set(standing)
        for number in standing:
            named.setdefault(number, count)
        later = numbered_hairs(automatic, edits)
        assert not gone & set(later)
        new = [number for number, first in named.items() if first == count and count]
        assert not new or min(new) > max(number for number, first in named.items() if first < count)


@settings(max_examples=60)
@given(st.integers(0, 5), st.integers(0, 24), st.floats(0.2, 0.8), st.floats(-8, 8))
def test_what_was_split_and_joined_is_the_hair_again(seed: int, number: int, share: float, off_px: float) -> None:
    """A split that was a mistake could not be mended."""
    automatic = scalp(seed, 25)
    hair = automatic.hairs[number]
    root, tip = np.array(hair.root_px), np.array(hair.tip_px)
    way = (tip - root) / np.hypot(*(tip - root))
    at = root + share * (tip - root) + off_px * np.array([-way[1], way[0]])
    edits: list[dict[str, Any]] = [{"edit": "split", "hair": number, "at_px": at.tolist()}]
    pieces = list(numbered_hairs(automatic, edits).values())[-2:]
    assert pieces[0].root_px == hair.root_px
    assert pieces[0].tip_px == pieces[1].root_px
    assert pieces[1].tip_px == hair.tip_px
    assert np.isclose(sum(piece.length_mm for piece in pieces), hair.length_mm)
    assert [piece.diameter_um for piece in pieces] == [hair.diameter_um] * 2
    whole = corrected(automatic, [*edits, {"edit": "joined", "hairs": [25, 26]}]).hairs[-1]
    assert (whole.root_px, whole.tip_px) == (hair.root_px, hair.tip_px)
    assert np.isclose(whole.length_mm, hair.length_mm)
    assert (whole.diameter_um, whole.kind) == (hair.diameter_um, hair.kind)
