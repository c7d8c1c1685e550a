"""The topics ``trichoscope/1/<clinic>/<device>/<channel>``: the only place that spells them."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import TypeAdapter

from contract.envelope import CONTRACT_VERSION
from contract.names import ClinicId, DeviceId

_ROOT = f"trichoscope/{CONTRACT_VERSION}"
_CLINIC: TypeAdapter[str] = TypeAdapter(ClinicId)
_DEVICE: TypeAdapter[str] = TypeAdapter(DeviceId)


class Channel(StrEnum):
    """What a topic carries. A device writes all of them but those of :data:`TO_DEVICE`, which it only reads."""

    STATUS = "status"
    HEALTH = "health"
    CAPTURE = "capture"
    CHANGE = "change"
    VISIT = "visit"
    REVIEW = "review"
    BASELINE_ASK = "ask/baseline"
    RECEIPT = "receipt"
    ANSWER = "answer"
    DAY_LIST = "day-list"


TO_DEVICE = (Channel.RECEIPT, Channel.ANSWER, Channel.DAY_LIST)
"""What the collector writes and a device reads, each device its own."""

FROM_DEVICE = tuple(channel for channel in Channel if channel not in TO_DEVICE)
"""What a device writes and the collector reads."""


@dataclass(frozen=True)
class Topic:
    """One device's topic.

    Parameters
    ----------
    clinic_id, device_id
        Names as :mod:`contract.names` defines them.
    channel
        What it carries.
    """

    clinic_id: str
    device_id: str
    channel: Channel

    def __str__(self) -> str:
        return f"{_ROOT}/{self.clinic_id}/{self.device_id}/{self.channel}"

    @classmethod
    def parse(cls, text: str) -> "Topic":
        """Read a topic.

        Raises
        ------
        ValueError
            If ``text`` is not one of this contract's topics.
        """
        try:
            root, version, clinic_id, device_id, channel = text.split("/", 4)  # some channels have two levels
            if f"{root}/{version}" != _ROOT:
                raise ValueError("another root or version")
            return cls(_CLINIC.validate_python(clinic_id), _DEVICE.validate_python(device_id), Channel(channel))
        except ValueError as error:
            raise ValueError(f"not a topic of this contract: {text[:200]!r}") from error


def all_devices(clinic_id: str, channel: Channel) -> str:
    """Return the filter that a collector subscribes to: ``channel`` of every device of one clinic."""
    return f"{_ROOT}/{clinic_id}/+/{channel}"
