"""``trichoscope compare``: the change of two pictures or measurement files; one sentence for bad input."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.comparison.words import sentence
from analysis.noise.floor import Difference, NoiseFloor, Source
from analysis.overlay import FRAME_BGR, TERMINAL_BGR, VELLUS_BGR
from contract import Change, Fate
from device import picture_file
from device.study.floor_file import write_floors
from phantom import Optics, Pose, ScalpSettings, clip, gain, grow, lose, photograph
from tests.device.test_commands import trichoscope

SEED = 41
SIDE_PX = 900
UM_PER_PX = 5.3
SETTINGS = ScalpSettings(size_mm=(9.0, 9.0), hair_density_per_cm2=170.0, hair_colour="dark brown")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one place at two visits and another place, as pictures and as what `measure --out` writes of them."""
    folder = tmp_path_factory.mktemp("places")
    scalp = clip(grow(SETTINGS, seed=SEED), 0.8, SEED)
    optics = Optics(um_per_px=UM_PER_PX, size_px=(SIDE_PX, SIDE_PX))
    shown = {
        "baseline": (scalp, Pose()),
        "followup": (gain(lose(scalp, 0.2, SEED), 0.2, SEED), Pose(shift_mm=(0.4, -0.3), turn_deg=5.0)),
        "other": (clip(grow(SETTINGS, seed=SEED + 1), 0.8, SEED), Pose()),
    }
    for seed, (name, (one, pose)) in enumerate(shown.items()):
        picture = photograph(one, optics, pose=pose, seed=seed).picture
        (folder / f"{name}.png").write_bytes(picture_file.encode(picture, "png"))
    measured = trichoscope("measure", folder, "--um-per-px", UM_PER_PX, "--um-per-px-sd", 0.01, "--out", folder)
    assert measured.exit_code == 0
    return folder


def compared(*arguments: str | Path | float) -> dict[str, Any]:
    """Return the JSON that is printed."""
    done = trichoscope("compare", *arguments, "--json")
    assert done.exit_code == 0, done.stderr
    values: dict[str, Any] = json.loads(done.stdout)
    return values


SCALE = ("--um-per-px", UM_PER_PX, "--um-per-px-sd", 0.01)


def test_the_json_fits_the_contract(folder: Path) -> None:
    """The JSON that is printed and the message that travels would part."""
    printed = compared(folder / "baseline.png", folder / "followup.png", *SCALE)
    change = Change.model_validate(printed)
    assert json.loads(change.model_dump_json()) == printed
    assert change.matched > 10
    assert change.new > 0
    assert change.lost > 0
    fates = [hair.fate for hair in change.hairs]
    assert [fates.count(fate) for fate in Fate] == [change.matched, change.new, change.lost]
    assert change.transform is not None
    assert change.transform.turn_deg == pytest.approx(5.0, abs=0.5)
    rows = np.array(change.transform.baseline_to_followup_px)
    for hair in change.hairs:
        laid = rows @ [*hair.baseline_px, 1.0]
        assert np.hypot(*(laid - hair.followup_px)) < 30, "pixels; the stretch of the skin is left out"


def test_pictures_and_their_measurements_give_one_change(folder: Path) -> None:
    """What is kept of a visit would not tell what its pictures told."""
    of_pictures = compared(folder / "baseline.png", folder / "followup.png", *SCALE)
    for baseline, followup in (("json", "json"), ("png", "json"), ("json", "png")):
        other = compared(folder / f"baseline.{baseline}", folder / f"followup.{followup}", *SCALE)
        same = ("matched", "new", "lost", "thicker", "thinner", "flags")
        assert {name: other[name] for name in same} == {name: of_pictures[name] for name in same}
        for name in ("density_change_per_cm2", "mean_diameter_change_um"):
            assert list(other[name].values()) == pytest.approx(list(of_pictures[name].values()), abs=0.3)


def test_measurements_know_their_scale(folder: Path) -> None:
    """A scale typed for the pictures would be taken for measurements that have their own."""
    assert compared(folder / "baseline.json", folder / "followup.json")["same_place"] > 0.9
    off = compared(folder / "baseline.json", folder / "followup.json", "--um-per-px", 9.9)
    assert "scales-disagree" not in off["flags"]


def test_each_picture_may_have_its_scale(folder: Path) -> None:
    """Pictures of two instruments could not be compared, or a wrong scale would go unseen."""
    off = compared(folder / "baseline.png", folder / "followup.png", *SCALE, "--followup-um-per-px", 1.04 * UM_PER_PX)
    assert "scales-disagree" in off["flags"]
    assert off["transform"]["scale"] == pytest.approx(1.04, abs=0.006)
    unsure = compared(folder / "baseline.png", folder / "followup.png", "--um-per-px", UM_PER_PX)
    assert "scale-uncertain" in unsure["flags"]


def test_the_words_say_what_the_figures_say(folder: Path) -> None:
    """A reader at the terminal would be told something else than a program."""
    both = (folder / "baseline.json", folder / "followup.json")
    printed, shown = compared(*both), trichoscope("compare", *both)
    assert shown.exit_code == 0
    headings = [line for line in shown.stdout.splitlines() if "kept" in line and "lost" in line]
    assert len(headings) == 1
    row = shown.stdout.splitlines()[shown.stdout.splitlines().index(headings[0]) + 1].split()
    assert [int(one) for one in row[:5]] == [printed[name] for name in ("matched", "new", "lost", "thicker", "thinner")]
    assert "Hair density (matched hair by hair): " in shown.stdout
    assert "noise floor not yet known" in shown.stdout
    for flag in printed["flags"]:
        assert sentence(flag) in shown.stdout


def test_a_noise_floor_decides_what_is_called_a_change(folder: Path, tmp_path: Path) -> None:
    """Noise would be called a change at the terminal that the clinic's floor does not allow."""
    floor = NoiseFloor("hair_density_per_cm2", Difference.MATCHED, Source.PLACEMENT, 50.0, 200.0, 100)
    write_floors(tmp_path / "floor.json", [floor], device_id=None, made_at=datetime(2026, 3, 4, tzinfo=UTC))
    both = (folder / "baseline.json", folder / "followup.json")
    shown = trichoscope("compare", *both, "--noise-floor", tmp_path / "floor.json")
    assert "Hair density (matched hair by hair): no change beyond noise" in shown.stdout


def test_another_place_is_said_and_no_figure_given(folder: Path, tmp_path: Path) -> None:
    """One patient's hair would be another's change."""
    both = (folder / "baseline.png", folder / "other.png")
    printed = compared(*both, *SCALE)
    assert printed["flags"] == ["not-the-same-place"]
    assert printed["transform"] is None
    assert printed["density_change_per_cm2"] is None
    shown = trichoscope("compare", *both, *SCALE, "--overlay", tmp_path / "o.png")
    assert shown.exit_code == 0
    assert sentence("not-the-same-place") in shown.stdout
    assert "hairs/cm2" not in shown.stdout
    assert picture_file.read(tmp_path / "o.png").shape == (SIDE_PX, 2 * SIDE_PX, 3)


def test_the_same_picture_twice_is_said(folder: Path) -> None:
    """A slip of the hand would be a stable patient."""
    for name in ("baseline.png", "baseline.json"):
        printed = compared(folder / "baseline.png", folder / name, *SCALE)
        assert "same-picture" in printed["flags"]
        assert (printed["new"], printed["lost"], printed["density_change_per_cm2"]["value"]) == (0, 0, 0.0)


@pytest.mark.parametrize("name", ["change.png", "change.jpg"])
def test_the_overlay_shows_both_pictures_and_the_marks(folder: Path, tmp_path: Path, name: str) -> None:
    """A technician could not see which hairs were matched."""
    both = (folder / "baseline.png", folder / "followup.png")
    done = trichoscope("compare", *both, *SCALE, "--overlay", tmp_path / name)
    assert done.exit_code == 0, done.stderr
    drawn = picture_file.read(tmp_path / name)
    assert drawn.shape == (SIDE_PX, 2 * SIDE_PX, 3)
    halves = drawn[:, :SIDE_PX].astype(int), drawn[:, SIDE_PX:].astype(int)

    def marked(half: int, bgr: tuple[int, int, int]) -> bool:
        return bool((np.abs(halves[half] - bgr).max(axis=-1) < 40).sum() > 20)

    assert [marked(half, FRAME_BGR) for half in (0, 1)] == [True, True]
    assert [marked(half, VELLUS_BGR) for half in (0, 1)] == [False, True]
    assert [marked(half, TERMINAL_BGR) for half in (0, 1)] == [True, False]
    assert (tmp_path / name).read_bytes()[:3] == (b"\x89PN" if name.endswith("png") else b"\xff\xd8\xff")


def test_growth_is_shown_for_pictures_days_apart(folder: Path) -> None:
    """The phototrichogram could not be read at the terminal."""
    both = (folder / "baseline.json", folder / "followup.json")
    assert compared(*both, "--days", 3)["days"] == 3.0
    assert "Grew in 3 days: " in trichoscope("compare", *both, "--days", 3).stdout
    assert "Grew in" not in trichoscope("compare", *both, "--days", 90).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["baseline.png", "followup.png"], "give its scale by --um-per-px"),
        (["baseline.json", "followup.png"], "give its scale by --um-per-px"),
        (["baseline.png", "followup.png", "--um-per-px", "0"], "--um-per-px"),
        (["baseline.png", "followup.png", "--um-per-px", "nan"], "--um-per-px"),
        (["baseline.png", "followup.png", "--um-per-px", "5.3", "--followup-um-per-px", "-1"], "--followup-um-per-px"),
        (["baseline.png", "followup.png", "--um-per-px", "5.3", "--um-per-px-sd", "6"], "standard uncertainty"),
        (["baseline.json", "followup.json", "--days", "-1"], "--days"),
        (["baseline.json", "followup.json", "--days", "nan"], "--days"),
        (["baseline.json", "followup.json", "--overlay", "o.png"], "--overlay draws on pictures"),
        (["baseline.png", "followup.json", "--um-per-px", "5.3", "--overlay", "o.png"], "--overlay draws on pictures"),
        (["none.png", "followup.png", "--um-per-px", "5.3"], "none.png"),
        (["none.json", "followup.json"], "none.json"),
        (["broken.png", "followup.png", "--um-per-px", "5.3"], "broken.png"),
        (["black.png", "followup.png", "--um-per-px", "5.3"], "black.png"),
        (["broken.json", "followup.json"], "broken.json"),
        (["list.json", "followup.json"], "list.json"),
        (["baseline.json", "followup.json", "--noise-floor", "broken.json"], "broken.json"),
        (["baseline.json", "followup.json", "--noise-floor", "none.json"], "none.json"),
        (["baseline.png", "followup.png", "--um-per-px", "5.3", "--overlay", "nowhere/o.png"], "o.png"),
    ],
)
def test_bad_input_is_one_sentence(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    """A slip of the keyboard or a bad file would end in a traceback, or in figures."""
    for name in ("baseline", "followup"):
        for suffix in ("png", "json"):
            (tmp_path / f"{name}.{suffix}").symlink_to(folder / f"{name}.{suffix}")
    for name in ("broken.png", "broken.json"):
        (tmp_path / name).write_bytes(b"not what it is called")
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "black.png").write_bytes(picture_file.encode(np.zeros((300, 400, 3), np.uint8), "png"))
    monkeypatch.chdir(tmp_path)
    done = trichoscope("compare", *arguments, "--json")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("Error: ") == 1
    assert said in done.stderr
    assert not (tmp_path / "o.png").exists()
