"""What crosses the wire between the instrument and the clinic: one model per message, the topics, the version.

A message is written by one side and read by the other, often by another release: a reader ignores fields it does not
know, and a field once published keeps its name, unit and meaning for as long as the version in the topic stands.
"""

from contract.capture import (
    MAX_PICTURE_BYTES,
    Calibration,
    Capture,
    Check,
    Forced,
    Picture,
    Quality,
    Repeatability,
    Verdict,
)
from contract.envelope import CONTRACT_VERSION, MAX_MESSAGE_BYTES, Message, content_sha256
from contract.measurement import Hair, HairKind, Interval, Measurement
from contract.names import ClinicId, DeviceId, PatientCode, PersonCode, Sha256, new_message_id
from contract.receipt import Outcome, Receipt
from contract.series import InstrumentChange, instrument_changes
from contract.sites import PROTOCOL, Site
from contract.status import Health, Presence, Status
from contract.topics import Channel, Topic, all_devices

__all__ = [
    "CONTRACT_VERSION",
    "MAX_MESSAGE_BYTES",
    "MAX_PICTURE_BYTES",
    "PROTOCOL",
    "Calibration",
    "Capture",
    "Channel",
    "Check",
    "ClinicId",
    "DeviceId",
    "Forced",
    "Hair",
    "HairKind",
    "Health",
    "InstrumentChange",
    "Interval",
    "Measurement",
    "Message",
    "Outcome",
    "PatientCode",
    "PersonCode",
    "Picture",
    "Presence",
    "Quality",
    "Receipt",
    "Repeatability",
    "Sha256",
    "Site",
    "Status",
    "Topic",
    "Verdict",
    "all_devices",
    "content_sha256",
    "instrument_changes",
    "new_message_id",
]
