"""From bytes on a topic to a decision. Nothing an instrument can send makes this raise: what cannot be read is kept."""

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date
from functools import cached_property
from typing import TypeVar
from uuid import UUID

from pydantic import UUID7, BaseModel, ValidationError

from contract import (
    MAX_MESSAGE_BYTES,
    BaselineAsk,
    Capture,
    Channel,
    Comparison,
    Health,
    Message,
    Review,
    Status,
    Topic,
    Visit,
    content_sha256,
)

_MAX_REASON = 500  # the bound of Receipt.reason
_MAX_FAULTS = 3
_MAX_TOPIC = 300
"""Characters: a topic may have 65 kB (MQTT 5, 1.5.4), an index row of PostgreSQL 2.7 kB. The contract's are shorter by
far, and messages whose topics begin alike are told apart by their digests."""

_MessageT = TypeVar("_MessageT", bound=Message)

Kept = Capture | Comparison | Visit | Review
"""What is stored for good, and receipted."""

KeptT = TypeVar("KeptT", bound=Kept)


@dataclass(frozen=True)
class Accepted:
    """A capture, comparison, visit or review to be stored, with the bytes that travelled.

    ``message`` holds all but the lists of hairs and lines: they were validated, nobody asks for them
    on the way to the store, and a batch that kept them would cost more in garbage collection than in reading.
    """

    topic: Topic
    message: Kept
    payload: bytes

    @property
    def message_id(self) -> UUID:
        """The message's id."""
        return self.message.message_id

    @cached_property
    def content_sha256(self) -> str:
        """The digest of the bytes that travelled; worked out once, where the message was decided."""
        return content_sha256(self.payload)


@dataclass(frozen=True)
class Refused:
    """A message that can be named but not stored: kept in quarantine, and its device is told."""

    topic: Topic
    message_id: UUID
    payload: bytes
    reason: str


@dataclass(frozen=True)
class Quarantined:
    """A message that cannot even be named: kept with its reason, and nobody can be told."""

    topic: str
    payload: bytes
    reason: str


Decision = Accepted | Refused | Quarantined | Status | Health | BaselineAsk

_KEPT: dict[Channel, type[Kept]] = {
    Channel.CAPTURE: Capture,
    Channel.CHANGE: Comparison,
    Channel.VISIT: Visit,
    Channel.REVIEW: Review,
}
"""What is stored and receipted, by its channel."""

_HEARD: dict[Channel, type[Status] | type[Health] | type[BaselineAsk]] = {
    Channel.STATUS: Status,
    Channel.HEALTH: Health,
    Channel.BASELINE_ASK: BaselineAsk,
}
"""What needs no receipt."""


class _Identified(BaseModel):
    message_id: UUID7


class _Invalid(Exception):
    """The message breaks the contract; the text says how."""


def decide(clinic_id: str, topic_text: str, payload: bytes) -> Decision:
    """Decide what becomes of a message. Never raises.

    Parameters
    ----------
    clinic_id
        The clinic of this collector.
    topic_text
        The topic as it came. What of it no store takes, no Unicode or U+0000, is replaced, and the rest left.
    payload
        The bytes as they came.
    """
    topic_text = storable_topic(topic_text)
    try:
        topic = Topic.parse(topic_text)
    except ValueError:
        return Quarantined(topic_to_hold(topic_text), payload, "The topic is none of the contract's.")
    try:
        if topic.clinic_id != clinic_id:
            raise _Invalid(f"The topic belongs to another clinic than {clinic_id}.")
        if (kept := _KEPT.get(topic.channel)) is not None:
            return Accepted(topic, without_lists(_valid(kept, topic, payload)), payload)
        if (heard := _HEARD.get(topic.channel)) is not None:
            return _valid(heard, topic, payload)
        raise _Invalid("What goes to a device is sent by the collector, never to it.")
    except _Invalid as invalid:
        reason = str(invalid)[:_MAX_REASON]
        if topic.channel in _KEPT and (message_id := _readable_id(payload)) is not None:
            return Refused(topic, message_id, payload, reason)
        return Quarantined(topic_text, payload, reason)


def storable_topic(text: str) -> str:
    """Return a topic with marks in place of what no store takes: what is no Unicode, and U+0000."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def topic_to_hold(text: str) -> str:
    """Return what the quarantine keeps of a topic, however long it is: storable, and its beginning."""
    return storable_topic(text)[:_MAX_TOPIC]


def _valid(model: type[_MessageT], topic: Topic, payload: bytes) -> _MessageT:
    if len(payload) > MAX_MESSAGE_BYTES:
        raise _Invalid(f"The message has {len(payload)} bytes; {MAX_MESSAGE_BYTES} are allowed.")
    try:
        message = model.model_validate_json(payload)
    except ValidationError as error:
        raise _Invalid(_faults(error)) from error
    if message.clinic_id != topic.clinic_id:
        raise _Invalid("The message names another clinic than its topic.")
    if message.device_id != topic.device_id:
        raise _Invalid("The message names another device than its topic.")
    if not all(MINYEAR < moment.year < MAXYEAR for moment in _times(message)):
        # At the edge of the calendar a time cannot be moved to another zone: not to UTC for the store, nor for a page.
        raise _Invalid("A time lies at the edge of the calendar.")
    return message


def without_lists(message: KeptT) -> KeptT:
    """Return a message without its lists of hairs and lines, which are nine tenths of it."""
    match message:
        case Capture():
            figures = message.measurement.model_copy(update={"hairs": (), "uncounted": (), "uncounted_cells": ()})
            return message.model_copy(update={"measurement": figures})
        case Comparison():
            return message.model_copy(update={"change": message.change.model_copy(update={"hairs": ()})})
    return message


def _times(message: Message) -> tuple[date, ...]:
    match message:
        case Capture():
            return message.created_at, message.taken_at
        case Comparison():
            return message.created_at, message.baseline.taken_at, message.followup.taken_at
        case Visit():
            return message.created_at, message.visit_date
        case Review():
            return message.created_at, *(edit.at for edit in message.edits)
    return (message.created_at,)


def _faults(error: ValidationError) -> str:
    """Say what is wrong, and where, without repeating a value: it may be what must never enter the system."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    # Not pydantic's sentence: it quotes what it stumbled over.
    sentences = [f"{'.'.join(map(str, fault['loc'])) or 'message'} ({fault['type']})" for fault in faults[:_MAX_FAULTS]]
    if len(faults) > _MAX_FAULTS:
        sentences.append(f"{len(faults) - _MAX_FAULTS} more")
    return "The message breaks the contract: " + "; ".join(sentences) + "."


def _readable_id(payload: bytes) -> UUID | None:
    try:
        return _Identified.model_validate_json(payload).message_id
    except ValidationError:
        return None
