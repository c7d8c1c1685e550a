"""The certificates that the page offers: what can be used, what cannot and why, and which go together."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from device.camera.simulated import CERTIFICATES
from device.chair.certificates import MOST_BYTES, MOST_FILES, chosen, folder_of, offered, proposed
from device.chair.refusals import ChairRefused
from device.settings import DeviceSettings
from tests.device.calibration.simulated import settings


@pytest.fixture
def of(tmp_path: Path) -> DeviceSettings:
    """Settings that name a folder of all the simulated targets' certificates."""
    folder = tmp_path / "targets"
    shutil.copytree(CERTIFICATES, folder)
    return settings(tmp_path / "state", calibration={"certificates": folder})


def test_the_folder_is_the_settings_or_lies_in_the_state_folder(tmp_path: Path, of: DeviceSettings) -> None:
    """Breaks when the administrator's folder is not the one that is looked into."""
    assert folder_of(of) == tmp_path / "targets"
    usual = settings(tmp_path / "state")
    assert folder_of(usual) == tmp_path / "state" / "certificates"
    assert offered(usual) == ()


def test_one_of_each_use_is_proposed(of: DeviceSettings) -> None:
    """Breaks when a technician has to know which targets a calibration takes, or two scales are ticked beforehand."""
    files = offered(of)
    assert [one.fault for one in files] == [None] * 5
    assert proposed(files) == {"dot-grid.toml", "slanted-edge.toml", "colour-chart.toml"}
    kinds = {one.kind for one in chosen(of, sorted(proposed(files)))}
    assert kinds == {"dot-grid", "slanted-edge", "colour-chart"}


def test_what_cannot_be_used_says_why(of: DeviceSettings) -> None:
    """Breaks when a broken or expired certificate hides the others, or is used all the same."""
    folder = folder_of(of)
    (folder / "a-broken.toml").write_text("kind = ")
    (folder / "b-unknown.toml").write_text('kind = "thermometer"')
    (folder / "c-large.toml").write_text("#" * (MOST_BYTES + 1))
    (folder / "d-gone.toml").symlink_to(folder / "nowhere.toml")
    grid = (folder / "dot-grid.toml").read_text()
    (folder / "dot-grid.toml").write_text(grid.replace("2026-01-01", "2020-01-01\nexpires_on = 2021-01-01"))
    by_name = {one.file_name: one for one in offered(of)}
    assert len(by_name) == 9
    assert "not a TOML file" in (by_name["a-broken.toml"].fault or "")
    assert "too large" in (by_name["c-large.toml"].fault or "")
    assert "ended on 2021-01-01" in (by_name["dot-grid.toml"].fault or "")
    for name in ("a-broken.toml", "b-unknown.toml", "c-large.toml", "d-gone.toml", "dot-grid.toml"):
        fault = by_name[name].fault
        assert fault
        assert str(folder) not in fault
        with pytest.raises(ChairRefused):
            chosen(of, [name])
    assert proposed(tuple(by_name.values())) == {"charuco.toml", "slanted-edge.toml", "colour-chart.toml"}


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([], "Without the scale"),
        (["slanted-edge.toml"], "Without the scale"),
        (["dot-grid.toml", "charuco.toml"], "Two targets for the scale"),
        (["dot-grid.toml", "second.toml"], "Two certificates of kind dot-grid"),
        (["../targets/dot-grid.toml"], "there no longer"),
        (["nowhere.toml"], "there no longer"),
    ],
)
def test_what_does_not_go_together_is_refused(of: DeviceSettings, names: list[str], says: str) -> None:
    """Breaks when the wrong one of two targets gives the scale, or a file from elsewhere is read."""
    shutil.copy(folder_of(of) / "dot-grid.toml", folder_of(of) / "second.toml")
    with pytest.raises(ChairRefused, match=says):
        chosen(of, names)


def test_a_folder_of_very_many_files_is_not_read_whole(of: DeviceSettings) -> None:
    """Breaks when a folder filled by mistake holds the page up."""
    for number in range(MOST_FILES + 10):
        (folder_of(of) / f"{number:03}.toml").write_text("")
    assert len(offered(of)) == MOST_FILES
