"""Drawing lessons: each is whole or not there, and what is there is not drawn again."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from click.testing import CliRunner

from phantom import Optics, Photograph, ScalpSettings, grow, photograph
from training import draw as drawing
from training.draw import LessonsOfOtherCode, draw, path_of, write
from training.targets import planes

QUICK = (1199, 898)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Photograph:
    """Stand in for a lesson: a square millimetre seen from nearer than the network expects."""
    settings = ScalpSettings(size_mm=(1.0, 1.0), margin_mm=1.0, bubbles_per_cm2=200.0)
    taken = photograph(grow(settings, seed=8), Optics(size_px=(160, 160), um_per_px=5.0), seed=8)
    monkeypatch.setattr(drawing, "lesson", lambda _number: taken)
    return taken


def test_a_lesson_holds_the_picture_and_what_is_true_of_it(tiny: Photograph, tmp_path: Path) -> None:
    """Without cover, or at the camera's own scale, the network would be taught wrong."""
    write(tmp_path, 7)
    with np.load(tmp_path / "00007.npz") as told:
        assert np.array_equal(told["x"], tiny.picture)
        assert np.array_equal(told["y"], planes(tiny.truth.hairs, tiny.covered, 5.3 / 5.0))
    assert tiny.covered.any()


@pytest.mark.usefixtures("tiny")
def test_a_lesson_broken_off_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Half a file would be taken for drawn, and stop the training."""

    def break_off(file: BinaryIO, **_arrays: object) -> None:
        file.write(b"PK")
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(np, "savez_compressed", break_off)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path, 7)
    assert list(tmp_path.glob("*.npz")) == []
    write(tmp_path, 7)
    assert [path.name for path in tmp_path.iterdir()] == ["00007.npz"]


def test_drawing_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Half an hour of drawing would begin anew."""
    folder = tmp_path / "lessons"
    draw(folder, QUICK[:1], workers=1)
    kept = path_of(folder, QUICK[0]).stat().st_mtime_ns
    draw(folder, QUICK, workers=1)
    assert path_of(folder, QUICK[0]).stat().st_mtime_ns == kept
    assert len(list(folder.glob("*.npz"))) == 2
    with np.load(path_of(folder, QUICK[1])) as told:
        assert told["y"].shape == (20, 352, 352)


def test_lessons_of_other_code_are_not_added_to(tmp_path: Path) -> None:
    """A network of which nobody can say what it learned from."""
    np.savez(path_of(tmp_path, 1), x=np.zeros(1))
    with pytest.raises(LessonsOfOtherCode, match="remove it, or draw into another folder"):
        draw(tmp_path, [1], workers=1)
    told = CliRunner().invoke(drawing.main, ["--into", str(tmp_path), "--workers", "1", "--first", "1"])
    assert told.exit_code == 2
    assert "remove it" in told.output
