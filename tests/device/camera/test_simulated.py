"""The simulated camera: the same world every time, and its truth beside its pictures."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from contract import Site
from device.camera import CaptureFailed, SettingsRefused, SimulatedSettings, open_camera
from tests.device.camera.conftest import aim_at


def settings(**changes: object) -> SimulatedSettings:
    """A small world, with some settings changed."""
    return SimulatedSettings.model_validate({"kind": "simulated", "size_px": (400, 300), **changes})


def truths(folder: Path) -> dict[str, Any]:
    """The truth files of a folder by their names."""
    return {file.name: json.loads(file.read_text()) for file in sorted(folder.iterdir())}


def hair_ids(truth: dict[str, Any]) -> set[int]:
    """The hairs that are rooted in a still."""
    return {hair["hair_id"] for hair in truth["truth"]["hairs"] if hair["root_inside"]}


def test_the_same_seed_gives_the_same_bytes() -> None:
    """A demonstration or a failing test could not be repeated."""
    first: list[bytes] = []
    again: list[bytes] = []
    for taken in (first, again):
        with open_camera(settings(seed=7)) as camera:
            taken += [camera.still(aim_at()).picture.tobytes() for _ in range(2)]
            taken.append(camera.preview(aim_at()).picture.tobytes())
            taken.append(camera.still(None).picture.tobytes())
    assert first == again


def test_every_still_has_its_own_noise() -> None:
    """Repeated stills would be equal to the byte, and a test-retest figure on them zero."""
    with open_camera(settings()) as camera:
        assert not np.array_equal(camera.still(aim_at()).picture, camera.still(aim_at()).picture)


@pytest.mark.parametrize(
    "other",
    [
        (0, aim_at(Site.OCCIPITAL)),
        (0, aim_at(patient_code="P-0043")),
        (1, aim_at()),
    ],
)
def test_places_heads_and_worlds_differ(other: tuple[int, Any]) -> None:
    """All sites or patients would show one scalp, and matching them would succeed where it must not."""
    pictures = []
    for seed, aim in ((0, aim_at()), other):
        with open_camera(settings(seed=seed)) as camera:
            pictures.append(camera.still(aim).picture.astype(float))
    assert np.abs(pictures[0] - pictures[1]).mean() > 5


def test_a_site_is_the_same_at_every_visit_and_put_down_elsewhere(tmp_path: Path) -> None:
    """A follow-up could not be matched to its baseline, or would lie on it exactly and prove nothing."""
    with open_camera(settings(truth_folder=tmp_path, size_px=(800, 600))) as camera:
        for visit_number in (1, 2):
            camera.still(aim_at(visit_number=visit_number))
    baseline, follow_up = truths(tmp_path).values()
    common = hair_ids(baseline) & hair_ids(follow_up)
    assert len(common) > 0.3 * len(hair_ids(baseline))
    roots = [{hair["hair_id"]: hair["root_px"] for hair in visit["truth"]["hairs"]} for visit in (baseline, follow_up)]
    moved_px = [np.hypot(*np.subtract(roots[0][hair_id], roots[1][hair_id])) for hair_id in common]
    assert float(np.median(moved_px)) > 5


def test_the_vertex_is_thinner_than_the_donor_area(tmp_path: Path) -> None:
    """The simulated head would be as dense everywhere, and a demonstration would show no pattern."""
    with open_camera(settings(truth_folder=tmp_path, size_px=(1000, 800), um_per_px=10.0)) as camera:
        for site in (Site.VERTEX, Site.OCCIPITAL):
            camera.still(aim_at(site))
    occipital, vertex = truths(tmp_path).values()
    assert len(hair_ids(vertex)) < 0.85 * len(hair_ids(occipital))


def test_the_truth_of_each_still_is_written(tmp_path: Path) -> None:
    """A measurement of a simulated still could not be compared with what was drawn."""
    folder = tmp_path / "truth"
    with open_camera(settings(truth_folder=folder)) as camera:
        camera.preview(aim_at())
        stills = [camera.still(aim_at()) for _ in range(2)]
        camera.still(None)
    written = truths(folder)
    assert list(written) == ["P-0042_vertex_visit1_still1.json", "P-0042_vertex_visit1_still2.json"]
    for still, truth in zip(stills, written.values(), strict=True):
        assert truth["pixels_sha256"] == hashlib.sha256(still.picture.tobytes()).hexdigest()
        assert truth["site"] == "vertex"
        assert truth["truth"]["size_px"] == [400, 300]
        assert hair_ids(truth)


def test_the_preview_shows_the_place_of_the_still() -> None:
    """The operator would aim at one place and take another."""
    with open_camera(settings(size_px=(1280, 960))) as camera:
        preview = camera.preview(aim_at()).picture
        still = camera.still(aim_at()).picture
    assert preview.shape == (480, 640, 3)
    halved = still.reshape(480, 2, 640, 2, 3).mean(axis=(1, 3))[..., 1]
    alike = np.corrcoef(preview[..., 1].ravel(), halved.ravel())[0, 1]
    assert alike > 0.5


def test_the_first_still_of_a_lifted_site_is_blurred_and_no_other() -> None:
    """Nobody could see what a refusal looks like before the first patient, or every picture would be one."""

    def steepest(picture: NDArray[np.uint8]) -> float:
        return float(np.percentile(np.abs(np.diff(picture.astype(float).mean(axis=2), axis=1)), 99.5))

    with open_camera(settings(lifted=[Site.VERTEX])) as camera:
        lifted, rested, elsewhere = (
            steepest(camera.still(aim_at(site=site)).picture) for site in (Site.VERTEX, Site.VERTEX, Site.OCCIPITAL)
        )
        assert steepest(camera.preview(aim_at(site=Site.VERTEX)).picture) > 1.5 * lifted
    assert min(rested, elsewhere) > 1.5 * lifted


def test_no_head_is_a_plain_card() -> None:
    """A still for calibration would show hair."""
    with open_camera(settings()) as camera:
        card = camera.still(None).picture.astype(float)
    assert card.std() < 15
    assert np.ptp(card.mean(axis=(0, 1))) < 1


@pytest.mark.parametrize(
    "changes",
    [
        {"hair_colour": "tartan"},
        {"um_per_px": 0.01},
        {"um_per_px": 40.0, "size_px": (1280, 960)},
        {"hair_density_per_cm2": 5000.0},
    ],
)
def test_a_world_that_cannot_be_drawn_is_refused_at_once(changes: dict[str, object]) -> None:
    """The phantom's own error would reach the operator at the first still, in the middle of a visit."""
    with pytest.raises(SettingsRefused, match=next(iter(changes))), open_camera(settings(**changes)):
        pass


def test_a_truth_folder_that_cannot_be_is_refused_at_once(tmp_path: Path) -> None:
    """The run would end at the first still with a bare OSError."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsRefused, match="file"), open_camera(settings(truth_folder=tmp_path / "file" / "truth")):
        pass


def test_a_truth_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A still without its truth would pass for one that has it."""
    with open_camera(settings(truth_folder=tmp_path / "truth")) as camera:
        (tmp_path / "truth").rmdir()
        with pytest.raises(CaptureFailed, match="truth_folder"):
            camera.still(aim_at())
