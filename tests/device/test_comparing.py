"""Comparing two captures: what is kept for the clinic, and what is said at the chair."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

import contract
from analysis import Measurement
from analysis.comparison import compare
from analysis.comparison.words import sentence
from analysis.noise.floor import Difference, NoiseFloor, Source
from contract import Capture, Change, Comparison
from device import clock
from device.baseline import ComparingLater
from device.comparing import changed, compare_capture, noise_floors, sentences
from device.outbox import Outbox, release
from device.store import Store
from device.study.floor_file import write_floors
from phantom import Pose, ScalpSettings, clip, gain, grow, lose
from tests import examples
from tests.analysis.comparison.sights import sight
from tests.device.baseline.instrument import keep, settings
from tests.device.test_commands import settings_file, trichoscope

MOMENT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@cache
def measured() -> tuple[Measurement, Measurement, Measurement]:
    """Measure a place, the place half a year later, and another place."""
    scalp = clip(grow(ScalpSettings(size_mm=(15, 15), hair_density_per_cm2=150), seed=3), 0.8, 3)
    after = gain(lose(scalp, 0.05, 3), 0.2, 3)
    other = clip(grow(scalp.settings, seed=99), 0.8, 1)
    pose = Pose(shift_mm=(0.6, 0.4), turn_deg=-6.0)
    return sight(scalp, seed=1).measurement, sight(after, pose=pose, seed=2).measurement, sight(other).measurement


def taken(which: int, visit_number: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any field of a capture
    """Return what a capture of one of them has of its own."""
    return {"visit_number": visit_number, "measurement": measured()[which].as_dict(), **changes}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an instrument's store, empty."""
    with closing(Store(tmp_path / "state")) as opened:
        yield opened


def floor(difference_sd: float) -> NoiseFloor:
    """Return a floor of matched densities, from many placements."""
    return NoiseFloor("hair_density_per_cm2", Difference.MATCHED, Source.PLACEMENT, difference_sd, 200.0, 100)


def kept_comparison(store: Store) -> Comparison:
    """Return the comparison that waits for the clinic."""
    (waiting,) = [one for one in Outbox(store).remaining() if one.channel is contract.Channel.CHANGE]
    return Comparison.model_validate_json(Outbox(store).payload(waiting.message_id))


def test_a_comparison_is_kept_as_it_was_made(store: Store) -> None:
    """The clinic would read another change than the chair."""
    was, now = keep(store, **taken(0, 1)), keep(store, **taken(1, 2))
    made = compare_capture(store, now, was, [floor(2.0)])
    assert kept_comparison(store) == made
    assert (made.baseline.message_id, made.followup.message_id) == (was.message_id, now.message_id)
    assert (made.baseline.visit_number, made.followup.visit_number) == (1, 2)
    assert (made.patient_code, made.site, made.device_id) == (now.patient_code, now.site, now.device_id)
    here = Change.model_validate(compare(*measured()[:2]).as_dict())
    assert (made.change.matched, made.change.new, made.change.lost) == (here.matched, here.new, here.lost)
    assert made.change.density_change_per_cm2 is not None
    assert here.density_change_per_cm2 is not None
    assert made.change.density_change_per_cm2.value == pytest.approx(here.density_change_per_cm2.value, abs=0.05)
    assert [(one.figure, one.difference_sd, one.source) for one in made.noise_floors] == [
        ("hair_density_per_cm2", 2.0, "placement")
    ]
    assert store.without_comparison(clock.now()) == []


@pytest.mark.parametrize("change", [{"patient_code": "P-0043"}, {"site": "vertex"}])
def test_two_places_are_never_compared(store: Store, change: dict[str, str]) -> None:
    """One patient's hair would be another's change."""
    was, now = keep(store, **taken(0, 1, **change)), keep(store, **taken(1, 2))
    with pytest.raises(ValueError, match="one patient's site"):
        compare_capture(store, now, was)
    assert Outbox(store).counts().waiting_others == 0


@pytest.mark.parametrize(
    ("trusted", "days"), [((True, True), 182.5), ((False, True), None), ((True, False), None), ((False, False), None)]
)
def test_days_count_only_by_clocks_that_were_right(trusted: tuple[bool, bool], days: float | None) -> None:
    """Growth per day would be told by a clock that stood at 1970."""
    later = MOMENT + timedelta(days=182, hours=12)
    was = examples.capture(**taken(0, 1, taken_at=MOMENT, clock_trusted=trusted[0]))
    now = examples.capture(**taken(1, 2, taken_at=later, clock_trusted=trusted[1]))
    assert changed(was, now).days == days


def test_a_baseline_of_the_first_release_can_be_compared_with() -> None:
    """A series begun before courses travelled would end."""
    first = {
        name: value
        for name, value in measured()[0].as_dict().items()
        if name not in {"um_per_px_sd", "uncounted", "uncounted_cells", "mark_px"}
    }
    hairs: Any = first["hairs"]
    first["hairs"] = [{name: value for name, value in hair.items() if name != "course_px"} for hair in hairs]
    was = examples.capture(visit_number=1, measurement=first)
    change = changed(was, examples.capture(**taken(1, 2)))
    with_courses = changed(examples.capture(**taken(0, 1)), examples.capture(**taken(1, 2)))
    assert change.flags == ("scale-uncertain",)
    assert (change.matched, change.new, change.lost) == (with_courses.matched, with_courses.new, with_courses.lost)


def said(store: Store, which: tuple[int, int], floors: list[NoiseFloor]) -> list[str]:
    """Compare two of the places and return what is said."""
    was, now = keep(store, **taken(which[0], 1)), keep(store, **taken(which[1], 2))
    return sentences(compare_capture(store, now, was, floors), floors)


def test_what_changed_is_said_with_its_noise(store: Store) -> None:
    """The chair would call a change what the clinic's report calls none."""
    counts, density, diameter = said(store, (0, 1), [floor(1.0)])
    change = kept_comparison(store).change
    assert counts.startswith(f"{change.matched} hairs kept, {change.new} new, {change.lost} lost in ")
    assert density.startswith("Hair density: increase by ")
    assert "noise floor of" in density
    assert diameter.startswith("Mean diameter: no change beyond its own uncertainty")


def test_a_change_inside_the_noise_floor_is_never_called_one(store: Store) -> None:
    """The treated patient would be told of noise."""
    _, density, _ = said(store, (0, 1), [floor(40.0)])
    assert density.startswith("Hair density: no change beyond noise")


def test_of_another_place_only_that_is_said(store: Store) -> None:
    """A figure would be given of two places."""
    assert said(store, (0, 2), [floor(1.0)]) == [sentence("not-the-same-place")]
    assert kept_comparison(store).change.transform is None


def test_floors_are_read_from_the_files_that_the_settings_name(tmp_path: Path) -> None:
    """Changes would be judged without the clinic's own noise."""
    write_floors(tmp_path / "a.json", [floor(1.0)], device_id=None, made_at=MOMENT)
    write_floors(tmp_path / "b.json", [floor(2.0), floor(3.0)], device_id="chair-1", made_at=MOMENT)
    named = settings(tmp_path).model_copy(
        update={
            "comparison": settings(tmp_path).comparison.model_copy(
                update={"noise_floors": (tmp_path / "a.json", tmp_path / "b.json")}
            )
        }
    )
    assert [one.difference_sd for one in noise_floors(named)] == [1.0, 2.0, 3.0]
    assert noise_floors(settings(tmp_path)) == ()


def test_what_waited_for_its_baseline_is_compared_with_it(tmp_path: Path, store: Store) -> None:
    """The service would keep something else than a visit does."""
    keep(store, **taken(0, 1))
    now = keep(store, **taken(1, 2, created_at=clock.now() - timedelta(hours=1)))
    assert store.without_comparison(clock.now()) == [now]
    later = ComparingLater(settings(tmp_path), store, partial(compare_capture, floors=(floor(1.0),)))
    later.compare_pending(threading.Event())
    made = kept_comparison(store)
    assert made.followup.message_id == now.message_id
    assert made.change.matched > 30
    assert len(made.noise_floors) == 1
    assert store.without_comparison(clock.now()) == []


def test_a_refused_capture_is_compared_once_it_is_released(tmp_path: Path, store: Store) -> None:
    """What the gate refused would be compared all the same, or never."""
    keep(store, **taken(0, 1))
    quality = contract.Quality(verdict=contract.Verdict.REFUSE, reasons=("Blurred.",))
    example = examples.capture(**taken(1, 2, created_at=clock.now() - timedelta(hours=1), quality=quality))
    refused: Capture = store.keep(
        example.picture,
        examples.PICTURE_BYTES,
        lambda number: example.model_copy(update={"sequence": number}),
        held=True,
    )
    later = ComparingLater(settings(tmp_path), store, compare_capture)
    later.compare_pending(threading.Event())
    assert Outbox(store).counts().waiting_others == 0
    release(store, refused.message_id, contract.Forced(by="mk", note="It must do.", at=clock.now()))
    later.compare_pending(threading.Event())
    assert kept_comparison(store).followup.message_id == refused.message_id


SIMULATED = ("size_px = [640, 480]", "size_px = [1000, 800]")


def visit(folder: Path, number: int, *options: str) -> tuple[int, str, str]:
    """Take one site of a visit of the simulated instrument."""
    file = settings_file(folder, SIMULATED)
    done = trichoscope(
        "visit", "P-0042", "--visit", number, "--site", "occipital", "--no-wait", *options, "--settings", file
    )
    return done.exit_code, done.stdout, done.stderr


def test_a_second_visit_says_what_changed_since_the_first(tmp_path: Path) -> None:
    """The technician would learn weeks later that the wrong place was taken."""
    code, first, _ = visit(tmp_path, 1)
    assert (code, "kept" in first) == (0, False)
    code, second, complaints = visit(tmp_path, 2)
    assert code == 0, complaints
    with closing(Store(tmp_path / "state")) as own:
        change = kept_comparison(own).change
        assert own.without_comparison(clock.now()) == []
    assert change.same_place > 0.9
    assert change.matched > 15
    assert change.new + change.lost <= 1, "the simulated patient's donor site does not change"
    assert change.density_change_per_cm2 is not None
    assert change.density_change_per_cm2.low <= 0 <= change.density_change_per_cm2.high
    assert f"{change.matched} hairs kept, {change.new} new, {change.lost} lost" in second
    assert "Hair density: no change beyond its own uncertainty" in second


def test_without_the_clinic_a_visit_is_measured_and_compared_later(tmp_path: Path) -> None:
    """A visit would end where the clinic cannot be reached, or nobody would be told that nothing was compared."""
    file = settings_file(tmp_path, ("[pictures]", "[baseline]\nanswer_within_s = 0.1\n\n[pictures]"))
    done = trichoscope("visit", "P-0042", "--visit", 2, "--site", "occipital", "--no-wait", "--settings", file)
    assert done.exit_code == 0, done.stderr
    assert "measured without comparison, and compared later" in done.stderr
    with closing(Store(tmp_path / "state")) as own:
        (capture,) = own.visit("P-0042", 2)
        assert own.without_comparison(clock.now() + timedelta(days=1)) == [capture]


@pytest.mark.parametrize("command", [["visit", "P-0042", "--visit", "2", "--no-wait"], ["run"]])
def test_a_noise_floor_that_cannot_be_read_is_one_sentence(tmp_path: Path, command: list[str]) -> None:
    """A wrong path in the settings would end in a traceback, or in changes without their noise."""
    (tmp_path / "floor.json").write_text("not a floor")
    table = f'[comparison]\nnoise_floors = ["{tmp_path}/floor.json"]\n\n[pictures]'
    done = trichoscope(*command, "--settings", settings_file(tmp_path, ("[pictures]", table)))
    assert done.exit_code == 2
    assert done.stderr.count("Error: ") == 1
    assert "floor.json" in done.stderr
