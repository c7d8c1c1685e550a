"""Pixel formats, colour spaces, streams and camera configurations of the stand-in libcamera."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence

from tests.libcamera.geometry import Orientation, Size

#: The raw format of a sensor of 10 bits as boards list it: four pixels in five bytes.
RAW_FORMAT = "SRGGB10_CSI2P"
COMPRESSED_RAW_FORMAT = "RGGB_PISP_COMP1"
_PROCESSED_FORMATS = ("XBGR8888", "XRGB8888", "BGR888", "RGB888", "YUV420")
_STRIDE_ALIGNMENT_BYTES = 64
#: Pipelines adjust a size that they cannot make; this one makes widths in steps.
_WIDTH_STEP_PX = 4
_BYTES_PER_4_PIXELS = {
    "XBGR8888": 16,
    "XRGB8888": 16,
    "BGR888": 12,
    "RGB888": 12,
    "YUV420": 4,
    RAW_FORMAT: 5,
    "SRGGB12_CSI2P": 6,
    "SRGGB10": 8,
    "SRGGB12": 8,
    "SRGGB16": 8,
    COMPRESSED_RAW_FORMAT: 4,
}


def is_raw(format_name: str) -> bool:
    """Return whether a format holds the sensor's own values."""
    return format_name.startswith(("S", "RGGB"))


def raw_format_made(board: str, bits: int, asked: str) -> str:
    """Return the raw format that a board makes of the one asked for.

    Parameters
    ----------
    board
        "vc4" packs as on the serial bus, or gives the sensor's bits in words of 16; "vc4 packing" does the first only;
        "pisp" gives words of 16 filled from the top, or compresses; "pisp compressing" does the last only.
    bits
        Of the sensor.
    asked
        By its name, of any depth.
    """
    packed = "_" in asked
    if board.startswith("pisp"):
        return COMPRESSED_RAW_FORMAT if packed or board != "pisp" else "SRGGB16"
    return f"SRGGB{bits}_CSI2P" if packed or board != "vc4" else f"SRGGB{bits}"


class PixelFormat:
    """A pixel format by its name."""

    def __init__(self, name: str) -> None:
        self._name = str(name)

    def __str__(self) -> str:
        return self._name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PixelFormat) and str(other) == self._name

    def __hash__(self) -> int:
        return hash(self._name)


class ColorSpace:
    """A colour space. Picamera2 adds the comparison itself, so identity is the hash, as in the bindings."""

    Primaries = enum.Enum("Primaries", "Raw Smpte170m Rec709 Rec2020")
    TransferFunction = enum.Enum("TransferFunction", "Linear Srgb Rec709")
    YcbcrEncoding = enum.Enum("YcbcrEncoding", {"Null": 0, "Rec601": 1, "Rec709": 2, "Rec2020": 3})
    Range = enum.Enum("Range", "Full Limited")

    def __init__(self, other: ColorSpace) -> None:
        self.primaries: ColorSpace.Primaries = other.primaries
        self.transferFunction: ColorSpace.TransferFunction = other.transferFunction
        self.ycbcrEncoding: ColorSpace.YcbcrEncoding = other.ycbcrEncoding
        self.range: ColorSpace.Range = other.range

    @classmethod
    def _of(cls, primaries: str, transfer: str, encoding: str, span: str) -> ColorSpace:
        space = cls.__new__(cls)
        space.primaries = cls.Primaries[primaries]
        space.transferFunction = cls.TransferFunction[transfer]
        space.ycbcrEncoding = cls.YcbcrEncoding[encoding]
        space.range = cls.Range[span]
        return space

    @classmethod
    def Raw(cls) -> ColorSpace:  # noqa: N802 - the bindings' own spelling, here and below
        """Raw sensor values."""
        return cls._of("Raw", "Linear", "Null", "Full")

    @classmethod
    def Sycc(cls) -> ColorSpace:  # noqa: N802
        """Still pictures."""
        return cls._of("Rec709", "Srgb", "Rec601", "Full")

    @classmethod
    def Smpte170m(cls) -> ColorSpace:  # noqa: N802
        """Standard definition video."""
        return cls._of("Smpte170m", "Rec709", "Rec601", "Limited")

    @classmethod
    def Rec709(cls) -> ColorSpace:  # noqa: N802
        """High definition video."""
        return cls._of("Rec709", "Rec709", "Rec709", "Limited")

    def __str__(self) -> str:
        return f"<libcamera.ColorSpace {self.primaries.name}/{self.transferFunction.name}>"


class StreamRole(enum.Enum):
    """What a stream is for."""

    Raw = 0
    StillCapture = 1
    VideoRecording = 2
    Viewfinder = 3


class StreamFormats:
    """The pixel formats of a stream, with the sizes of each."""

    def __init__(self, sizes_of: dict[str, list[Size]]) -> None:
        self._sizes_of = sizes_of

    @property
    def pixel_formats(self) -> list[PixelFormat]:
        """The formats on offer."""
        return [PixelFormat(name) for name in self._sizes_of]

    def sizes(self, pixel_format: PixelFormat) -> list[Size]:
        """Return the sizes on offer in one format."""
        return self._sizes_of[str(pixel_format)]


class Stream:
    """One stream of pictures; it knows its configuration once the camera is configured."""

    configuration: StreamConfiguration


class StreamConfiguration:
    """Size, format and memory of one stream."""

    def __init__(self, formats: StreamFormats, pixel_format: PixelFormat, size: Size) -> None:
        self.formats = formats
        self.pixel_format = pixel_format
        self.size = size
        self.stride = 0
        self.frame_size = 0
        self.buffer_count = 4
        self.color_space: ColorSpace | None = None
        self.stream = Stream()


class SensorConfiguration:
    """The sensor mode that is asked for."""

    def __init__(self) -> None:
        self.bit_depth = 0
        self.output_size = Size()


class CameraConfiguration:
    """The configurations of all streams of one camera."""

    class Status(enum.Enum):
        """What `validate` found."""

        Valid = 0
        Adjusted = 1
        Invalid = 2

    def __init__(
        self, roles: Sequence[StreamRole], sensor_sizes: list[Size], board: str = "vc4", raw_bits: int = 10
    ) -> None:
        self.orientation = Orientation.Rotate0
        self.sensor_config: SensorConfiguration | None = None
        largest = max(sensor_sizes, key=lambda size: size.width * size.height)
        self._sensor_sizes = sensor_sizes
        self._largest = largest
        self._board, self._raw_bits = board, raw_bits
        self._streams: list[StreamConfiguration] = []
        for role in roles:
            names = (f"SRGGB{raw_bits}_CSI2P",) if role is StreamRole.Raw else _PROCESSED_FORMATS
            sizes = sensor_sizes if role is StreamRole.Raw else [largest]
            formats = StreamFormats(dict.fromkeys(names, sizes))
            self._streams.append(StreamConfiguration(formats, PixelFormat(names[0]), largest))

    def at(self, index: int) -> StreamConfiguration:
        """Return one stream's configuration."""
        return self._streams[index]

    def __iter__(self) -> Iterator[StreamConfiguration]:
        return iter(self._streams)

    def __len__(self) -> int:
        return len(self._streams)

    def validate(self) -> CameraConfiguration.Status:
        """Bring the configuration to what the camera can do and say whether anything had to change."""
        before = [(str(stream.pixel_format), stream.size) for stream in self._streams]
        for stream in self._streams:
            name = str(stream.pixel_format)
            if is_raw(name):
                stream.pixel_format = PixelFormat(raw_format_made(self._board, self._raw_bits, name))
                stream.size = self.sensor_config.output_size if self.sensor_config else self._largest
            elif name not in _PROCESSED_FORMATS:
                return self.Status.Invalid
            else:
                width = min(stream.size.width, self._largest.width) // _WIDTH_STEP_PX * _WIDTH_STEP_PX
                stream.size = Size(width, min(stream.size.height, self._largest.height))
            self._lay_out(stream)
        after = [(str(stream.pixel_format), stream.size) for stream in self._streams]
        return self.Status.Valid if after == before else self.Status.Adjusted

    @staticmethod
    def _lay_out(stream: StreamConfiguration) -> None:
        name = str(stream.pixel_format)
        row_bytes = -(-stream.size.width * _BYTES_PER_4_PIXELS[name] // 4)
        aligned = -(-row_bytes // _STRIDE_ALIGNMENT_BYTES) * _STRIDE_ALIGNMENT_BYTES
        stream.stride = max(stream.stride, aligned)
        rows = stream.size.height * 3 // 2 if name == "YUV420" else stream.size.height
        stream.frame_size = stream.stride * rows
