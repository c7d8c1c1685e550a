"""Raw frames as they lie in memory, into one number a pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from device.camera import FrameMetadata, RawStill, RawUnavailable
from device.camera.raw_frames import raw_still

LEVELS = (4096, 4096, 4096, 4096)


def read(
    rows: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    format_name: str,
    size_px: tuple[int, int],
    *,
    sensor_bits: int = 10,
    black_levels: tuple[float, ...] | None = LEVELS,
) -> RawStill:
    """A raw still of frame memory."""
    return raw_still(
        rows,
        {"format": format_name, "size": size_px},
        sensor_bits,
        black_levels=black_levels,
        metadata=FrameMetadata(exposure_us=10_000),
        aim=None,
    )


def test_ten_bits_packed_as_the_bus_has_them() -> None:
    """Pixels would be mixed with their neighbours' low bits: four bytes of high bits, then one of low ones."""
    # 0b1111111110, 0b0000000001, 0b1000000011, 0b0000010000
    group = [0b11111111, 0b00000000, 0b10000000, 0b00000100, 0b00_11_01_10]
    taken = read(np.array([group * 2, group * 2], np.uint8), "SRGGB10_CSI2P", (8, 2))
    assert taken.mosaic.tolist() == [[1022, 1, 515, 16] * 2] * 2


def test_twelve_bits_packed_as_the_bus_has_them() -> None:
    """The HQ camera's values would be wrong: two bytes of high bits, then one of low ones, the first pixel's lower."""
    taken = read(np.array([[0xAB, 0x12, 0x3C]], np.uint8), "SBGGR12_CSI2P", (2, 1), sensor_bits=12)
    assert taken.mosaic.tolist() == [[0xABC, 0x123]]
    assert taken.pattern == "BGGR"


@given(
    values=arrays(np.uint16, st.tuples(st.integers(1, 4), st.integers(1, 9)), elements=st.integers(0, 4095)),
    filling=st.integers(0, 7),
)
def test_twelve_bits_come_back_whatever_fills_the_rows(
    values: np.ndarray[tuple[int, int], np.dtype[np.uint16]], filling: int
) -> None:
    """A width that is no whole number of groups, or rows filled up to the memory's step, would shear the picture."""
    rows, columns = values.shape
    even = np.pad(values, ((0, 0), (0, columns % 2)))
    first, second = even[:, ::2], even[:, 1::2]
    packed = np.stack([first >> 4, second >> 4, (first & 15) | (second & 15) << 4], axis=-1).astype(np.uint8)
    memory = np.pad(packed.reshape(rows, -1), ((0, 2), (0, filling)), constant_values=0xEE)
    taken = read(memory, "SRGGB12_CSI2P", (columns, rows), sensor_bits=12)
    assert np.array_equal(taken.mosaic, values)
    assert taken.mosaic.dtype == np.uint16


@pytest.mark.parametrize(
    ("format_name", "sensor_bits", "black", "white"),
    [("SRGGB10", 10, 64.0, 1023.0), ("SRGGB12", 12, 256.0, 4095.0), ("SRGGB16", 10, 4096.0, 65472.0)],
)
def test_levels_are_in_the_mosaics_own_values(format_name: str, sensor_bits: int, black: float, white: float) -> None:
    """Black taken off would be 16 times too much; or a saturated Pi 5 picture look as if it were below saturation."""
    memory = np.array([[0x34, 0x12, 0x78, 0x56, 0xEE, 0xEE]], np.uint8)
    taken = read(memory, format_name, (2, 1), sensor_bits=sensor_bits)
    assert taken.mosaic.tolist() == [[0x1234, 0x5678]]
    assert (taken.black_level, taken.white_level) == (black, white)


def test_a_sensor_without_colours_is_told() -> None:
    """A monochrome sensor's values would be taken apart as if they were colours."""
    assert read(np.zeros((2, 4), np.uint8), "R10", (2, 2)).pattern == "MONO"


@pytest.mark.parametrize(
    "format_name", ["RGGB_PISP_COMP1", "MONO_PISP_COMP1", "SRGGB14_CSI2P", "YUYV", "SRGGB10_OTHER"]
)
def test_what_cannot_be_read_is_refused(format_name: str) -> None:
    """Compressed or unknown values would be taken for light."""
    with pytest.raises(RawUnavailable):
        read(np.zeros((2, 16), np.uint8), format_name, (4, 2))


@pytest.mark.parametrize("black_levels", [None, ()])
def test_without_a_black_level_there_is_no_light(black_levels: tuple[float, ...] | None) -> None:
    """Darkness would be taken for light, and every ratio of exposures be wrong."""
    with pytest.raises(RawUnavailable, match="SensorBlackLevels"):
        read(np.zeros((2, 4), np.uint8), "SRGGB10", (2, 2), black_levels=black_levels)
