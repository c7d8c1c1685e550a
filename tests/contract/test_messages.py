"""The messages: what one side writes the other reads, and nothing out of bounds gets through."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis.measurement import COURSE_POINTS
from contract import (
    MAX_MESSAGE_BYTES,
    BaselineAsk,
    Capture,
    Channel,
    Comparison,
    Health,
    Interval,
    Measurement,
    Message,
    Outcome,
    Receipt,
    Status,
    Topic,
    Visit,
    all_devices,
    content_sha256,
    new_message_id,
)
from contract.measurement import MAX_HAIRS
from tests import examples

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)


def test_a_capture_survives_the_wire() -> None:
    """Breaks when a field is lost or changed between sender and reader."""
    capture = examples.capture()
    assert Capture.model_validate_json(capture.encode()) == capture


@given(
    st.floats(0.01, 100),
    st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.floats(0, 1)), max_size=20),
    st.text(max_size=64),
)
def test_any_capture_within_bounds_survives_the_wire(
    scale: float, hairs: list[tuple[float, float, float]], flag: str
) -> None:
    """Breaks when a number or a text that is allowed does not come back the same."""
    written = [
        {"root_px": (x, y), "tip_px": (y, x), "length_mm": 0.5, "kind": "vellus", "probability": p, "unit": 0}
        for x, y, p in hairs
    ]
    capture = examples.capture(measurement=examples.measurement(um_per_px=scale, hairs=written, flags=(flag,)))
    assert Capture.model_validate_json(capture.encode()) == capture


def test_a_field_of_a_later_release_is_passed_over() -> None:
    """Breaks when an old reader can no longer live with a new sender."""
    capture = examples.capture()
    later = json.loads(capture.encode())
    later["something_new"] = 1
    later["measurement"]["something_new"] = {"a": 1}
    assert Capture.model_validate(later) == capture


FIRST_FIGURES: dict[str, Any] = {
    "um_per_px": 5.3,
    "picture_px": [2028, 1520],
    "frame_px": [20.0, 20.0, 2008.0, 1500.0],
    "area_cm2": 0.826,
    "hair_density_per_cm2": {"value": 1.21, "low": 0.2, "high": 6.9},
    "mean_diameter_um": None,
    "terminal_share": {"value": 1.0, "low": 0.21, "high": 1.0},
    "thin_hair_share": {"value": 0.0, "low": 0.0, "high": 0.79},
    "terminal_density_per_cm2": {"value": 1.21, "low": 0.2, "high": 6.9},
    "vellus_density_per_cm2": {"value": 0.0, "low": 0.0, "high": 4.7},
    "unit_density_per_cm2": {"value": 1.21, "low": 0.2, "high": 6.9},
    "hairs_per_unit": None,
    "cumulative_thickness_mm_per_cm2": {"value": 0.07, "low": 0.0, "high": 0.2},
    "hairs": [
        {
            "root_px": [10.0, 20.0],
            "tip_px": [60.0, 20.5],
            "diameter_um": 61.2,
            "diameter_limited": False,
            "length_mm": 0.27,
            "kind": "terminal",
            "probability": 0.97,
            "unit": 0,
        }
    ],
    "flags": ["blur-estimated"],
}
"""A measurement as the first release wrote it."""


def test_a_message_of_the_first_release_is_read() -> None:
    """Breaks when captures that wait in a store, or lie in a collector's, can no longer be read."""
    read = Measurement.model_validate_json(json.dumps(FIRST_FIGURES))
    written = read.model_dump(mode="json")
    assert {name: written[name] for name in FIRST_FIGURES if name != "hairs"} == {
        name: value for name, value in FIRST_FIGURES.items() if name != "hairs"
    }
    later = set(Measurement.model_fields) - set(FIRST_FIGURES)
    assert len(later) == 16
    assert {name: getattr(read, name) for name in later if getattr(read, name) is not None} == {
        "uncounted": (),
        "uncounted_cells": (),
    }
    assert (read.hairs[0].diameter_sd_um, read.hairs[0].core_lab, read.hairs[0].course_px) == (None, None, None)


def test_every_figure_survives_the_wire() -> None:
    """Breaks when a figure of this release is lost or changed between sender and reader."""
    capture = examples.capture(measurement=examples.full_measurement())
    assert None not in {getattr(capture.measurement, name) for name in Measurement.model_fields}
    assert Capture.model_validate_json(capture.encode()) == capture


@pytest.mark.parametrize(
    "change",
    [
        {"diameter_diversity": {"value": 1.2, "low": 1.0, "high": 1.4}},
        {"unit_size_shares": [{"value": 0.5, "low": 0.4, "high": 0.6}] * 3},
        {"hair_mode": "curly"},
        {"terminal_from_um": 0},
        {"rootless_shafts": -1},
        {"missed_expected_sd": -0.5},
        {"hairs": [{**FIRST_FIGURES["hairs"][0], "core_lab": [120.0, 0.0, 0.0]}]},
        {"hairs": [{**FIRST_FIGURES["hairs"][0], "course_px": [[10.0, 20.0]]}]},
        {"hairs": [{**FIRST_FIGURES["hairs"][0], "course_px": [[10.0, 20.0]] * 17}]},
        {"um_per_px_sd": -0.1},
        {"uncounted": [{"line_px": [[0.0, 0.0]], "width_um": 30.0, "probability": 0.1}]},
        {"uncounted": [{"line_px": [[0.0, 0.0], [9.0, 9.0]], "width_um": 30.0, "probability": 1.1}]},
        {"uncounted": [{"line_px": [[0.0, 0.0], [9.0, 9.0]], "width_um": 30.0, "probability": 0.1}] * (MAX_HAIRS + 1)},
        {"uncounted_cells": [[0, -1, 3]]},
        {"uncounted_cells": [[0, 1]]},
        {"mark_px": [1e6, 0.0]},
    ],
)
def test_figures_out_of_bounds_are_refused(change: dict[str, Any]) -> None:
    """Breaks when a share above one or a lightness above white is shown to a patient."""
    with pytest.raises(ValidationError):
        examples.full_measurement(**change)


def test_the_longest_capture_fits_its_bound() -> None:
    """Breaks when a capture of the densest scalp is measured and kept, and then refused for its length."""
    long = 12345.678901234567
    course = ((long, -long),) * COURSE_POINTS
    hair = {
        "root_px": (long, -long),
        "tip_px": (-long, long),
        "diameter_um": long / 100,
        "length_mm": long / 100,
        "kind": "terminal",
        "probability": 0.12345678901234568,
        "unit": MAX_HAIRS,
        "diameter_sd_um": long / 100,
        "core_lab": (long / 200, -long / 200, -long / 200),
        "course_px": course,
    }
    line = {"line_px": course, "width_um": long / 100, "probability": 0.12345678901234568}
    measurement = examples.full_measurement(
        hairs=[hair] * MAX_HAIRS, uncounted=[line] * MAX_HAIRS, uncounted_cells=[(100, 100, 1)] * 20_000
    )
    capture = examples.capture(measurement=measurement)
    assert 0.8 * MAX_MESSAGE_BYTES < len(capture.encode()) <= MAX_MESSAGE_BYTES


@pytest.mark.parametrize(
    "change",
    [
        {"patient_code": "Jane Doe"},
        {"patient_code": "jane.doe@example.org"},
        {"patient_code": "1985-03-04"},
        {"site": "somewhere"},
        {"visit_number": 0},
        {"device_id": "chair/1"},
        {"device_id": "#"},
        {"sequence": 0},
        {"schema_version": 2},
        {"message_id": "8f14e45f-ceea-467f-a0e6-000000000000"},
        {"taken_at": "2026-03-04T09:30:00"},
    ],
)
def test_what_is_out_of_bounds_is_refused(change: dict[str, Any]) -> None:
    """Breaks when a name, a free-typed site or a clockless time enters the system."""
    with pytest.raises(ValidationError):
        examples.capture(**change)


def test_hairs_are_bounded() -> None:
    """Breaks when one message may fill the memory of its reader."""
    hair = examples.measurement().hairs[0]
    with pytest.raises(ValidationError, match="at most"):
        examples.measurement(hairs=[hair] * (MAX_HAIRS + 1))


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_an_interval_holds_its_value(value: float, below: float, above: float) -> None:
    """Breaks when an interval may leave out the figure it belongs to."""
    assert Interval(value=value, low=value - below, high=value + above).value == value
    with pytest.raises(ValidationError):
        Interval(value=value, low=value + below + 1, high=value + below + 2)


@pytest.mark.parametrize("figure", [float("nan"), float("inf")])
def test_no_figure_is_nan_or_infinite(figure: float) -> None:
    """Breaks when a figure that is none travels as one."""
    with pytest.raises(ValidationError):
        Interval(value=figure, low=figure, high=figure)


@given(NAMES, NAMES, st.sampled_from(Channel))
def test_topics_come_back_as_they_were(clinic: str, device: str, channel: Channel) -> None:
    """Breaks when a topic that is written cannot be read."""
    topic = Topic(clinic, device, channel)
    assert Topic.parse(str(topic)) == topic
    prefix, suffix = all_devices(clinic, channel).split("+")
    assert str(topic).startswith(prefix)
    assert str(topic).endswith(suffix)


@given(st.text(max_size=100))
def test_no_text_is_taken_for_a_topic_by_mistake(text: str) -> None:
    """Breaks when something else than this contract's topics is accepted, or raises another error."""
    try:
        topic = Topic.parse(text)
    except ValueError:
        return
    assert str(topic) == text


@pytest.mark.parametrize(
    "text",
    [
        "trichoscope/2/a/b/capture",
        "trichoscope/1/a/b/c/capture",
        "trichoscope/1/a/b/ask",
        "trichoscope/1/a/b/ask/baseline/x",
        "x/1/a/b/capture",
        "",
    ],
)
def test_topics_of_others_are_refused(text: str) -> None:
    """Breaks when another version's topic is read as ours."""
    with pytest.raises(ValueError, match="not a topic"):
        Topic.parse(text)


def test_message_ids_are_version_7_and_differ() -> None:
    """Breaks when ids repeat or lose their order in time."""
    ids = [new_message_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {i.version for i in ids} == {7}
    assert ids == sorted(ids)


def test_a_receipt_names_its_message_by_content() -> None:
    """Breaks when a receipt could vouch for other bytes."""
    payload = examples.capture().encode()
    assert content_sha256(payload) != content_sha256(payload + b" ")
    receipt = Receipt(
        message_id=new_message_id(),
        content_sha256=content_sha256(payload),
        outcome=Outcome.STORED,
        decided_at=examples.capture().taken_at + timedelta(seconds=1),
    )
    assert Receipt.model_validate_json(receipt.encode()) == receipt


def test_comparisons_and_visits_survive_the_wire() -> None:
    """Breaks when a field is lost or changed between sender and reader."""
    for message in (examples.comparison(), examples.visit()):
        assert type(message).model_validate_json(message.encode()) == message


@pytest.mark.parametrize("model", [BaselineAsk, Capture, Comparison, Health, Status, Visit])
def test_every_message_carries_the_envelope(model: type[Message]) -> None:
    """Breaks when a message can no longer be ordered or traced to its sender."""
    required = set(model.model_json_schema()["required"])
    assert {"message_id", "clinic_id", "device_id", "boot_id", "sequence", "created_at", "clock_trusted"} <= required
