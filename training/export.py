"""The trained network as ONNX, for cv2.dnn, with how it was made written into it."""

from __future__ import annotations

import tomllib
import warnings
from io import BytesIO
from pathlib import Path

import onnx
import torch
from torch import nn

from training.network import ShaftNetwork

OPSET = 13
"""OpenCV reads it since 4.6."""
_PROJECT = Path(__file__).parents[1] / "pyproject.toml"
_TRACED_PX = (640, 2048)


def export(network: ShaftNetwork, path: Path, **recipe: object) -> None:
    """Write a network that gives planes from 0 to 1.

    Parameters
    ----------
    network : ShaftNetwork
        Left set to evaluation.
    path : Path
        Written when all else is done.
    **recipe
        How the network was made, such as its seed: kept in the file beside the project's version. The same network
        and recipe give the same bytes.
    """
    with_planes = nn.Sequential(network, nn.Sigmoid()).eval().to(memory_format=torch.contiguous_format)
    written = BytesIO()
    with warnings.catch_warnings():
        # torch's newer exporter writes opsets that OpenCV 4.6 does not read
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        torch.onnx.export(
            with_planes,
            (torch.zeros(1, 3, *_TRACED_PX),),
            written,
            opset_version=OPSET,
            dynamo=False,
            input_names=["relief"],
            output_names=["planes"],
            dynamic_axes={"relief": {2: "rows", 3: "columns"}},
        )
    model = onnx.load_model_from_string(written.getvalue())
    made = {"trichoscope": project_version(), **recipe}
    onnx.helper.set_model_props(model, {name: str(value) for name, value in made.items()})
    path.write_bytes(model.SerializeToString(deterministic=True))


def project_version() -> str:
    """Read the version from the checkout: training is never installed."""
    return str(tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]["version"])
