"""Training: the loss falls, the seed decides, and the whole way from lessons to ONNX holds."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from analysis.learned.evidence import PLANES
from tests.training.drawn import picture_of, planes_of, straight
from training import lessons

torch = pytest.importorskip("torch", reason="torch is not installed: tools/prepare train brings it (.venv-train)")

from training import train as training  # noqa: E402 (torch first: without it nothing of this loads)
from training.network import ShaftNetwork  # noqa: E402
from training.train import LEARNING_RATE, STEPS, learn, learning_rate, train  # noqa: E402


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two tiny lessons, and batches of two crops that are smaller still."""
    monkeypatch.setattr(lessons, "CROP_PX", 32)
    monkeypatch.setattr(training, "BATCH", 2)
    made = tmp_path / "lessons"
    made.mkdir()
    for number, ends in enumerate([((20.3, 30.7), (70.1, 61.2)), ((60.0, 20.0), (15.0, 70.0))]):
        planes = planes_of(straight(*ends), side_px=96)
        np.savez(made / f"{number:05d}.npz", x=picture_of(*ends, 96), y=planes)
    return made


def test_the_loss_falls_on_one_batch(folder: Path) -> None:
    """Gradients that do not reach the weights would be found after an hour."""
    torch.manual_seed(2)
    network = ShaftNetwork()
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE)
    batch = lessons.Lessons(folder).batch(2, np.random.default_rng(3))
    losses = [learn(network, optimiser, batch, np.random.default_rng(4)) for _ in range(5)]
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.9 * losses[0]


def test_the_rate_rises_then_falls_to_nothing() -> None:
    """A rate that stays high leaves the weights astray at the end; one too high at once blows them up."""
    rates = np.array([learning_rate(step, STEPS) for step in range(STEPS)])
    highest = int(rates.argmax())
    assert rates[0] < 0.1 * LEARNING_RATE
    assert rates[highest] == pytest.approx(LEARNING_RATE, rel=0.01)
    assert 0 < highest < 0.1 * STEPS
    assert (np.diff(rates[:highest]) > 0).all()
    assert (np.diff(rates[highest:]) < 0).all()
    assert rates[-1] < 1e-6 * LEARNING_RATE


def test_the_same_lessons_make_the_same_network(folder: Path, tmp_path: Path) -> None:
    """Nobody could make the shipped weights again."""
    drawn = lessons.Lessons(folder)
    first, again = (train(drawn, 2, None, tmp_path / "kept.pt").state_dict() for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    onward = train(drawn, 2, tmp_path / "kept.pt", tmp_path / "onward.pt").state_dict()
    assert any(not torch.equal(first[name], onward[name]) for name in first)


def test_the_command_makes_a_network_that_opencv_runs(folder: Path, tmp_path: Path) -> None:
    """The whole way takes an hour: what breaks at its end is to be seen before."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: tools/prepare train brings it (.venv-train)")
    out, checkpoint = tmp_path / "shafts.onnx", tmp_path / "kept.pt"
    arguments = ["--lessons", folder, "--steps", 2, "--checkpoint", checkpoint, "--out", out]
    told = CliRunner().invoke(training.main, [str(argument) for argument in arguments])
    assert told.exit_code == 0, told.output
    recipe = {entry.key: entry.value for entry in onnx.load(out).metadata_props}
    assert (recipe["steps"], recipe["lessons"], recipe["start"]) == ("2", "2", "none")
    network = cv2.dnn.readNetFromONNX(np.frombuffer(out.read_bytes(), np.uint8))
    network.setInput(np.zeros((1, 3, 64, 48), np.float32))
    assert network.forward().shape == (1, PLANES, 32, 24)
    assert set(torch.load(checkpoint)) == set(ShaftNetwork().state_dict())


def test_the_command_says_what_to_do_without_lessons(tmp_path: Path) -> None:
    """A traceback tells a stranger nothing."""
    told = CliRunner().invoke(training.main, ["--lessons", str(tmp_path), "--out", str(tmp_path / "shafts.onnx")])
    assert told.exit_code == 2
    assert "training.draw" in told.output
