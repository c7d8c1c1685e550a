"""The network that is trained: a U-Net with its first step at half the picture's size."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from analysis.learned.evidence import PLANES

WIDTHS = (16, 32, 64, 96)
LAST_WIDTH = 24


class ShaftNetwork(nn.Module):
    """Relief (n, 3, 2 h, 2 w) in, logits of the planes (n, PLANES, h, w) out; h and w are multiples of 8."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third, fourth = WIDTHS
        self.to_line_scale = nn.Sequential(_convolution(3, first, 5, 2), _convolution(first, first))
        self.to_half = nn.Sequential(_convolution(first, second, 3, 2), _convolution(second, second))
        self.to_quarter = nn.Sequential(_convolution(second, third, 3, 2), _convolution(third, third))
        self.to_eighth = nn.Sequential(
            _convolution(third, fourth, 3, 2), _convolution(fourth, fourth), _convolution(fourth, fourth)
        )
        self.up_to_quarter = nn.ConvTranspose2d(fourth, third, 2, 2)
        self.at_quarter = _convolution(third, third)
        self.up_to_half = nn.ConvTranspose2d(third, second, 2, 2)
        self.at_half = _convolution(second, second)
        self.up_to_line_scale = nn.ConvTranspose2d(second, LAST_WIDTH, 2, 2)
        self.beside = nn.Conv2d(first, LAST_WIDTH, 1)
        self.at_line_scale = nn.Sequential(
            _convolution(LAST_WIDTH, LAST_WIDTH), _convolution(LAST_WIDTH, LAST_WIDTH), nn.Conv2d(LAST_WIDTH, PLANES, 1)
        )
        last = self.at_line_scale[-1]
        nn.init.constant_(last.bias, -3.0)  # nearly all is skin

    def forward(self, relief: Tensor) -> Tensor:
        """Logits of the planes."""
        fine = self.to_line_scale(relief)
        half = self.to_half(fine)
        quarter = self.to_quarter(half)
        up = self.at_quarter(torch.relu(self.up_to_quarter(self.to_eighth(quarter)) + quarter))
        up = self.at_half(torch.relu(self.up_to_half(up) + half))
        planes: Tensor = self.at_line_scale(torch.relu(self.up_to_line_scale(up) + self.beside(fine)))
        return planes


def _convolution(into: int, out: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(into, out, size, stride, size // 2, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True)
    )
