"""What crosses the wire between the instrument and the clinic: one model per message, the topics, the version.

A message is written by one side and read by the other, often by another release: a reader ignores fields it does not
know, and a field once published keeps its name, unit and meaning for as long as the version in the topic stands.
"""

from contract.ask import MAX_REDUCED_PICTURE_BYTES, BaselineAnswer, BaselineAsk, ReducedPicture, reduced_size_px
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
from contract.change import Change, ComparedCapture, Comparison, Fate, HairChange, NoiseFloor, Transform
from contract.day_list import DayList, Expected
from contract.enrolment import EnrolmentAnswer, EnrolmentRequest, RenewalAnswer, RenewalRequest
from contract.envelope import CONTRACT_VERSION, MAX_MESSAGE_BYTES, Message, content_sha256
from contract.measurement import Hair, HairKind, Interval, Measurement
from contract.names import PATIENT_CODE, ClinicId, DeviceId, PatientCode, PersonCode, Sha256, new_message_id
from contract.receipt import Outcome, Receipt
from contract.review import (
    Decision,
    Edit,
    HairAdded,
    HairRemoved,
    HairsJoined,
    HairSplit,
    Review,
    RootMoved,
)
from contract.series import InstrumentChange, baseline_of, instrument_changes
from contract.sites import (
    DONOR_CONTROL,
    PROTOCOL,
    MarkKind,
    Place,
    Side,
    Site,
    SiteKey,
    landmark_key,
    place_of,
    side_of,
    site_name,
)
from contract.status import Health, Presence, Status
from contract.topics import FROM_DEVICE, TO_DEVICE, Channel, Topic, all_devices
from contract.visit import GRADES, MAX_SITES, Rating, Scale, SkippedSite, TreatmentArm, Visit

__all__ = [
    "CONTRACT_VERSION",
    "DONOR_CONTROL",
    "FROM_DEVICE",
    "GRADES",
    "MAX_MESSAGE_BYTES",
    "MAX_PICTURE_BYTES",
    "MAX_REDUCED_PICTURE_BYTES",
    "MAX_SITES",
    "PATIENT_CODE",
    "PROTOCOL",
    "TO_DEVICE",
    "BaselineAnswer",
    "BaselineAsk",
    "Calibration",
    "Capture",
    "Change",
    "Channel",
    "Check",
    "ClinicId",
    "ComparedCapture",
    "Comparison",
    "DayList",
    "Decision",
    "DeviceId",
    "Edit",
    "EnrolmentAnswer",
    "EnrolmentRequest",
    "Expected",
    "Fate",
    "Forced",
    "Hair",
    "HairAdded",
    "HairChange",
    "HairKind",
    "HairRemoved",
    "HairSplit",
    "HairsJoined",
    "Health",
    "InstrumentChange",
    "Interval",
    "MarkKind",
    "Measurement",
    "Message",
    "NoiseFloor",
    "Outcome",
    "PatientCode",
    "PersonCode",
    "Picture",
    "Place",
    "Presence",
    "Quality",
    "Rating",
    "Receipt",
    "ReducedPicture",
    "RenewalAnswer",
    "RenewalRequest",
    "Repeatability",
    "Review",
    "RootMoved",
    "Scale",
    "Sha256",
    "Side",
    "Site",
    "SiteKey",
    "SkippedSite",
    "Status",
    "Topic",
    "Transform",
    "TreatmentArm",
    "Verdict",
    "Visit",
    "all_devices",
    "baseline_of",
    "content_sha256",
    "instrument_changes",
    "landmark_key",
    "new_message_id",
    "place_of",
    "reduced_size_px",
    "side_of",
    "site_name",
]
