"""The command that tells the noise floor: figures for a study, one sentence and exit code 2 for what is none."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analysis.figure_words import FIGURES
from analysis.noise.floor import Source
from contract import Repeatability
from device import picture_file
from device.commands import main
from device.store import Store
from device.study.floor_file import read_floors
from phantom import Optics, Pose, ScalpSettings, grow, photograph, wash
from tests import examples
from tests.device.test_commands import settings_file

DENSITY = "hair_density_per_cm2"


def repeatability(*arguments: str | Path | float) -> Result:
    """Run the command in this process; any other exception than a clean exit fails the test."""
    result = CliRunner().invoke(main, ["repeatability", *(str(argument) for argument in arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def simulated(folder: Path, subjects: int, repeats: int, sd: float, operators: tuple[str, ...] = ("",)) -> Path:
    """Write measurements of subjects whose density repeats with a known spread."""
    rng = np.random.default_rng(4)
    for subject in range(subjects):
        density = rng.normal(150, 30)
        for operator in operators:
            place = folder / f"S{subject}" / operator
            place.mkdir(parents=True, exist_ok=True)
            for repeat in range(repeats):
                others = {name: _about(rng.uniform(0.4, 0.6)) for name in FIGURES}
                measured = examples.full_measurement(
                    **others | {"hair_density_per_cm2": _about(density + rng.normal(0, sd))}
                )
                (place / f"{repeat}.json").write_text(measured.model_dump_json())
    return folder


def _about(value: float) -> dict[str, float]:
    return {"value": round(value, 4), "low": 0.9 * value, "high": 1.1 * value}


@pytest.fixture(scope="module")
def study_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photograph two small phantoms, each placed twice."""
    folder = tmp_path_factory.mktemp("study")
    for subject in range(2):
        scalp = grow(ScalpSettings(size_mm=(3.8, 3.2)), seed=40 + subject)
        for repeat in range(2):
            picture = photograph(
                wash(scalp, seed=repeat),
                Optics(um_per_px=5.3, size_px=(540, 420)),
                pose=Pose(shift_mm=(0.3 * repeat, 0.2 * repeat), turn_deg=2.0 * repeat),
                seed=repeat,
            ).picture
            (folder / f"P-{subject}_{repeat}.png").write_bytes(picture_file.encode(picture, "png"))
    return folder


def test_pictures_are_measured_and_studied(study_folder: Path, tmp_path: Path) -> None:
    """Breaks when a figure is left out, or pictures are studied other than `measure` measures them."""
    result = repeatability(study_folder, "--um-per-px", 5.3, "--json")
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    # in so small a frame a figure may come out alike each time
    assert {DENSITY, "mean_diameter_um", "unit_density_per_cm2"} <= {one["figure"] for one in printed["studies"]}
    assert {one["degrees"] for one in printed["studies"]} == {2}
    CliRunner().invoke(main, ["measure", str(study_folder), "--um-per-px", "5.3", "--out", str(tmp_path)])
    assert json.loads(repeatability(tmp_path, "--json").stdout) == printed


def test_the_table_holds_all_figures(tmp_path: Path) -> None:
    """Breaks when what a clinic is to read is cut off, or an ICC stands where none can be."""
    result = repeatability(simulated(tmp_path, 8, 3, 6.0))
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert len([line for line in lines if "placement" in line and "8 x 3" in line]) == len(FIGURES)
    assert "…" not in result.stdout
    density = next(line for line in lines if line.startswith("hair density, hairs/cm2"))
    assert re.search(r"  0\.9\d \(0\.\d\d to 0\.\d\d\)  ", density)
    assert "Limits -" not in result.stdout
    alone = repeatability(simulated(tmp_path / "alone", 1, 3, 6.0))
    assert "ICC -: asks for two subjects" in alone.stdout
    assert "Limits -: ask for three subjects" in alone.stdout


def test_the_spread_is_found_again(tmp_path: Path) -> None:
    """Breaks when the difference between subjects is taken for noise."""
    printed = json.loads(repeatability(simulated(tmp_path, 30, 3, 6.0), "--json").stdout)
    density = printed["studies"][0]
    assert density["sd"]["value"] == pytest.approx(6.0, rel=0.25)
    assert density["icc"]["value"] == pytest.approx(0.96, abs=0.03)
    assert density["smallest_detectable_change"] == pytest.approx(1.96 * 2**0.5 * density["sd"]["value"], rel=1e-4)
    assert density["icc_operators"] is None


def test_operators_are_compared_where_they_cross(tmp_path: Path) -> None:
    """Breaks when two operators' pictures are studied as one's."""
    folder = simulated(tmp_path, 6, 2, 6.0, ("anna", "ben"))
    printed = json.loads(repeatability(folder, "--json").stdout)
    assert printed["operators"] == ["anna", "ben"]
    assert printed["studies"][0]["icc_operators"]["value"] > 0.8
    assert "between operators: anna, ben" in repeatability(folder).stdout


def test_floors_are_written_for_the_settings(tmp_path: Path) -> None:
    """Breaks when the file that is to be held against changes is not that of the study."""
    folder, out = simulated(tmp_path / "study", 5, 3, 6.0), tmp_path / "floor.json"
    printed = json.loads(repeatability(folder, "--json", "--out", out).stdout)
    floors = read_floors(out)
    assert [one.as_dict() for one in floors] == printed["floors"]
    assert floors[0].source is Source.PLACEMENT
    refused = repeatability(folder, "--out", tmp_path / "no" / "floor.json")
    assert (refused.exit_code, refused.stderr.count("cannot be written")) == (2, 1)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Name a study's FOLDER, or give --visit"),
        (["FOLDER", "--visit"], "Name a study's FOLDER, or give --visit"),
        (["FOLDER"], "has still to be measured: give --um-per-px"),
        (["FOLDER", "--um-per-px", "nan"], "the scale is in micrometres per pixel"),
        (["nowhere", "--um-per-px", "5.3"], "nowhere: cannot be read"),
        (["--visit", "--settings", "nowhere.toml"], "nowhere.toml: cannot be read"),
    ],
)
def test_a_slip_is_one_sentence(study_folder: Path, arguments: list[str], reason: str) -> None:
    """Breaks when a slip of the keyboard ends in a traceback, or is studied."""
    result = repeatability(*(str(study_folder) if one == "FOLDER" else one for one in arguments))
    assert result.exit_code == 2
    assert reason in " ".join(result.stderr.split())


def test_a_picture_that_cannot_be_measured_ends_the_study(study_folder: Path, tmp_path: Path) -> None:
    """Breaks when a study silently goes on without the picture that was hardest."""
    for file in study_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "P-0_1.png").write_bytes((tmp_path / "P-0_1.png").read_bytes()[:2000])
    result = repeatability(tmp_path, "--um-per-px", 5.3)
    assert result.exit_code == 2
    assert "P-0_1.png" in result.stderr
    assert "ends early" in result.stderr


def test_two_cut_offs_are_no_study(tmp_path: Path) -> None:
    """Breaks when a cut-off that was changed is taken for noise of the terminal density."""
    folder = simulated(tmp_path, 2, 2, 6.0)
    (folder / "S0" / "0.json").write_text(examples.full_measurement(terminal_from_um=30.0).model_dump_json())
    result = repeatability(folder)
    assert result.exit_code == 2
    assert "Terminal is from 30 um in one measurement and from 40 um in another" in result.stderr


def test_this_instrument_s_own_captures(tmp_path: Path) -> None:
    """Breaks when bursts and the donor control are in the store, and the command does not find them."""
    settings = settings_file(tmp_path)
    nothing = repeatability("--visit", "--settings", settings)
    assert (nothing.exit_code, "no burst" in nothing.stderr) == (2, True)
    store = Store(tmp_path / "state")
    burst = Repeatability(stills=3, hair_density_sd_per_cm2=3.0, noise_share=0.01)
    example = examples.capture(site="occipital", repeatability=burst)
    store.keep(example.picture, examples.PICTURE_BYTES, lambda _: example)
    store.close()
    told = repeatability("--visit", "--settings", settings, "--out", tmp_path / "floor.json")
    assert told.exit_code == 0
    assert "hair density, counted, in bursts (1): smallest detectable change 8.3 hairs/cm2" in told.stdout
    assert [one.source for one in read_floors(tmp_path / "floor.json")] == [Source.BURST]
