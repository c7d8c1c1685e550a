"""A batch of reliefs as other cameras would have taken it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def relit(reliefs: Tensor, rng: np.random.Generator) -> Tensor:
    """Change tone curve, colour and sharpness as cameras differ.

    Parameters
    ----------
    reliefs : Tensor of float32, shape (n, 3, rows, columns)
        A gain on the logarithm is a gamma on the light.
    """
    gains = rng.uniform(0.65, 1.4, (len(reliefs), 1, 1, 1)) * rng.uniform(0.88, 1.12, (len(reliefs), 3, 1, 1))
    reliefs = reliefs * torch.from_numpy(gains.astype(np.float32))
    if rng.random() < 0.15:
        reliefs = torch.lerp(reliefs, reliefs.mean(dim=1, keepdim=True), float(rng.uniform(0.3, 1.0)))
    if rng.random() < 0.3:
        soft = torch.nn.functional.avg_pool2d(reliefs, 5, 1, 2, count_include_pad=False)
        reliefs = reliefs + float(rng.uniform(0.2, 0.9)) * (reliefs - soft)
    return reliefs
