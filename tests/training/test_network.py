"""The network: what it gives, what is a good answer, and that cv2.dnn gives the same."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: tools/prepare train brings it (.venv-train)")

from analysis.learned.evidence import DIRECTIONS, PLANES, WIDTH  # noqa: E402 (torch first: without it nothing of this loads)
from tests.training.drawn import planes_of, straight  # noqa: E402
from training.cameras import relit  # noqa: E402
from training.export import export, project_version  # noqa: E402
from training.loss import loss_of  # noqa: E402
from training.network import ShaftNetwork  # noqa: E402

TRUTH = torch.from_numpy(planes_of(straight((14.5, 30.5), (50.5, 30.5)), side_px=64)[None]).float() / 255


@pytest.fixture
def network() -> ShaftNetwork:
    """Untrained, but with weights and normalisation that are not the plain ones."""
    torch.manual_seed(11)
    made = ShaftNetwork()
    with torch.no_grad():
        for _ in range(30):  # the normalisation forgets its beginning
            made(torch.randn(2, 3, 64, 64))
    return made


@pytest.mark.parametrize(("rows", "columns"), [(64, 64), (16, 48)])
def test_the_planes_are_half_as_large_as_the_relief(network: ShaftNetwork, rows: int, columns: int) -> None:
    """The chain reads them at the line scale."""
    with torch.no_grad():
        assert network.eval()(torch.zeros(2, 3, rows, columns)).shape == (2, PLANES, rows // 2, columns // 2)


def test_an_untrained_network_says_skin(network: ShaftNetwork) -> None:
    """Begun at even odds, the first steps would be spent on unlearning shafts."""
    with torch.no_grad():
        assert float(torch.sigmoid(network.eval()(torch.zeros(1, 3, 64, 64))).mean()) < 0.15


def test_the_truth_is_the_best_answer() -> None:
    """A loss that is lower elsewhere would be learned instead."""
    right = torch.logit(TRUTH.clamp(1e-5, 1 - 1e-5)).requires_grad_()
    loss = loss_of(right, TRUTH)
    loss.backward()
    at_truth = float(loss.detach())
    assert float(right.grad[:, :WIDTH].abs().max()) < 1e-2
    skin, turned_wrong = torch.full_like(right, -9.0), right.detach().clone()
    turned_wrong[:, :DIRECTIONS] = right.detach()[:, :DIRECTIONS].roll(4, dims=1)
    assert at_truth < 0.2 * float(loss_of(skin, TRUTH))
    assert at_truth < 0.2 * float(loss_of(turned_wrong, TRUTH))


def test_a_width_counts_on_shafts_only() -> None:
    """Skin has no width: asked for one, the network would give none to shafts either."""
    logits = torch.logit(TRUTH.clamp(1e-4, 1 - 1e-4))
    beside, on = logits.clone(), logits.clone()
    beside[:, WIDTH, :10] = 5.0
    on[:, WIDTH, 15] = 5.0
    assert float(loss_of(beside, TRUTH)) == float(loss_of(logits, TRUTH)) < float(loss_of(on, TRUTH))


def test_another_camera_changes_light_but_not_place() -> None:
    """A darkest point that moves would no longer lie on its truth."""
    relief = torch.full((2, 3, 32, 32), -0.1)
    relief[:, :, 12:15, 12:15] = -1.0
    for seed in range(30):
        seen, again = (relit(relief, np.random.default_rng(seed)) for _ in range(2))
        assert torch.equal(seen, again)
        assert torch.isfinite(seen).all()
        darkest = divmod(int(seen[0].mean(dim=0).argmin()), 32)
        assert all(12 <= at <= 14 for at in darkest)


def test_cv2_dnn_gives_the_planes_that_torch_gives(network: ShaftNetwork, tmp_path: Path) -> None:
    """What is trained would not be what runs."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: tools/prepare train brings it (.venv-train)")
    path = tmp_path / "shafts.onnx"
    export(network, path, seed=3, lessons=2)
    relief = np.random.default_rng(12).normal(0, 0.5, (1, 3, 64, 96)).astype(np.float32)
    read = cv2.dnn.readNetFromONNX(np.frombuffer(path.read_bytes(), np.uint8))
    read.setInput(relief)
    with torch.no_grad():
        expected = torch.sigmoid(network.eval()(torch.from_numpy(relief))).numpy()
    assert np.ptp(expected) > 0.02
    assert read.forward() == pytest.approx(expected, abs=1e-3)
    told = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert told == {"trichoscope": project_version(), "seed": "3", "lessons": "2"}
