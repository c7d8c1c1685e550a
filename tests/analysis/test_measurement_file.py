"""A measurement read back from its JSON form."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from analysis import Flag, Interval, Measurement
from analysis.measurement_file import MeasurementUnreadable, read
from tests.analysis.comparison.sights import hair, measurement
from tests.examples import full_measurement
from tests.examples import measurement as first_measurement

BENT = [(100.0, 100.0), (130.0, 110.0), (150.0, 140.0), (150.0, 190.0)]


def written() -> Measurement:
    """Return a measurement with what a comparison needs in it."""
    return measurement(
        [hair(BENT, diameter_um=71.3), hair([(300.0, 200.0), (340.0, 260.0)], diameter_um=None, probability=0.6)],
        uncounted=[np.array([(10.0, 10.0), (60.0, 30.0), (70.0, 80.0)])],
        uncounted_cells=((3, 10, 4), (4, 9, 6)),
        flags=(Flag.GLARE, Flag.LIGHT_HAIR),
        hair_mode="long",
    )


def filed(given: Measurement) -> dict[str, Any]:
    """Return its values as a file gives them back."""
    values: dict[str, Any] = json.loads(json.dumps(given.as_dict()))
    return values


def test_a_measurement_comes_back_as_it_was() -> None:
    """What is compared later would not be what was measured."""
    given = written()
    back = read(filed(given))
    assert list(map(type, (back.hairs, back.uncounted, back.uncounted_cells, back.flags))) == [tuple] * 4
    again, before = filed(back), filed(given)
    for kind, line in (("hairs", "course_px"), ("uncounted", "line_px")):
        for one, other in zip(again.pop(kind), before.pop(kind), strict=True):
            np.testing.assert_allclose(one.pop(line), other.pop(line), atol=4.0)
            assert one == other
    assert again == before


def test_a_bent_hair_keeps_its_course() -> None:
    """Hairs would be matched by straight lines, and curly ones not at all."""
    course = read(filed(written())).hairs[0].centreline_px
    assert course.tolist()[0] == [100.0, 100.0]
    assert course.tolist()[-1] == [150.0, 190.0]
    bends = np.array(BENT)
    for point in course:
        starts, way = bends[:-1], np.diff(bends, axis=0)
        share = np.clip(((point - starts) * way).sum(1) / (way**2).sum(1), 0, 1)
        assert np.hypot(*(point - starts - share[:, None] * way).T).min() < 0.1


def test_every_figure_of_a_message_is_read() -> None:
    """A field that the message has would be lost on the way to the comparison."""
    values = full_measurement().model_dump(mode="json")
    back = read(values)
    assert {field.name for field in fields(Measurement)} == set(values), "no field travels without being read"
    for name, value in values.items():
        kept = getattr(back, name)
        if isinstance(value, dict):
            assert kept == Interval(**value), name
        elif isinstance(value, str | float | int):
            assert kept == value, name
    assert back.mark_px == (1014.2, 760.8)
    assert back.uncounted_cells == ((4, 11, 3),)
    assert back.uncounted[0].probability == 0.21
    assert back.hairs[0].core_lab == (22.4, 4.1, 9.0)


def test_a_measurement_of_the_first_release_is_read() -> None:
    """A series begun years ago would have no baseline."""
    back = read(first_measurement().model_dump(mode="json"))
    assert (back.terminal_from_um, back.hair_mode, back.uncounted, back.uncounted_cells) == (40.0, "clipped", (), ())
    assert (back.um_per_px_sd, back.mark_px, back.missed_expected) == (None, None, None)
    np.testing.assert_array_equal(back.hairs[0].centreline_px, [back.hairs[0].root_px, back.hairs[0].tip_px])


def test_flags_of_a_later_release_are_passed_over() -> None:
    """A newer instrument's measurement could not be compared by an older one."""
    values = filed(written()) | {"flags": ["glare", "raised-by-a-later-release"], "something_new": 1}
    assert read(values).flags == (Flag.GLARE,)


@pytest.mark.parametrize("name", ["um_per_px", "picture_px", "frame_px", "area_cm2", "hair_density_per_cm2", "hairs"])
def test_what_is_missing_is_named(name: str) -> None:
    """A file of another kind would end in a traceback."""
    values = filed(written())
    del values[name]
    with pytest.raises(MeasurementUnreadable, match=name):
        read(values)


@pytest.mark.parametrize(
    "change",
    [
        {"hair_density_per_cm2": {"value": 9.0, "low": 10.0, "high": 11.0}},
        {"hair_density_per_cm2": {"value": 9.0}},
        {"hair_density_per_cm2": {"value": "many", "low": 1.0, "high": 2.0}},
        {"hairs": [{"root_px": [1.0, 2.0]}]},
        {"hairs": 7},
        {"uncounted": [{"width_um": 30.0, "probability": 0.1}]},
        {"uncounted": [{"line_px": [1.0, 2.0, 3.0], "width_um": 30.0, "probability": 0.1}]},
    ],
)
def test_what_is_no_measurement_is_refused(change: dict[str, Any]) -> None:
    """A damaged file would be compared, or end in a traceback."""
    with pytest.raises(MeasurementUnreadable, match="not a measurement"):
        read(filed(written()) | change)
