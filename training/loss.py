"""How far the network's answer is from the truth."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from analysis.learned.evidence import COVER, DIRECTIONS, WIDTH
from training.targets import NEAR_MIDDLE

SHAFT_WEIGHT = 20.0
"""Shafts are a twentieth of the pixels and less, and of a direction's plane a hundredth: unweighted, or weighted by the
distance from the truth as focal losses are, the network says skin everywhere for a thousand steps."""
ENDS_WEIGHT, COVER_WEIGHT, WIDTH_WEIGHT = 4.0, 0.3, 3.0


def loss_of(logits: Tensor, planes: Tensor) -> Tensor:
    """Cross-entropy in which a shaft counts more than skin; for widths, which only a shaft has, their distance.

    Parameters
    ----------
    logits, planes : Tensor of float32, shape (n, PLANES, rows, columns)
        The network's answer, and the truth from 0 to 1.

    Returns
    -------
    Tensor
        One number: the sum over all pixels.
    """
    shafts = planes[:, :DIRECTIONS].amax(dim=1) > NEAR_MIDDLE
    width = (torch.sigmoid(logits[:, WIDTH]) - planes[:, WIDTH]).abs() * shafts
    logits, planes = logits[:, :WIDTH], planes[:, :WIDTH]
    entropy = binary_cross_entropy_with_logits(logits, planes, reduction="none")
    weighted = entropy[:, :COVER] * (1 + SHAFT_WEIGHT * planes[:, :COVER])
    return (
        weighted[:, :DIRECTIONS].sum()
        + ENDS_WEIGHT * weighted[:, DIRECTIONS:].sum()
        + COVER_WEIGHT * entropy[:, COVER].sum()
        + WIDTH_WEIGHT * width.sum()
    )
