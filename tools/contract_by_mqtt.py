"""What travels by MQTT, as AsyncAPI 3.0."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from contract import (
    CONTRACT_VERSION,
    MAX_MESSAGE_BYTES,
    TO_DEVICE,
    BaselineAnswer,
    BaselineAsk,
    Capture,
    Channel,
    Comparison,
    DayList,
    Health,
    Receipt,
    Review,
    Status,
    Topic,
    Visit,
)
from groundwork.mqtt import SCHEMA_VERSION
from tools.contract_schemas import CERTIFICATE, first_sentence, hyphened, schema_file

_BINDING = "0.2.0"


@dataclass(frozen=True)
class Kind:
    """What one channel carries, and how.

    Parameters
    ----------
    model
        Of the message.
    about
        A sentence on the channel.
    retained
        Whether the broker keeps the last one for late subscribers.
    expires
        Whether it is worth nothing after a while, and travels with a message expiry interval.
    """

    model: type[BaseModel]
    about: str
    retained: bool = False
    expires: bool = False


KINDS: dict[Channel, Kind] = {
    Channel.STATUS: Kind(Status, "Whether the instrument is there; its last will is one of these too.", retained=True),
    Channel.HEALTH: Kind(Health, "How the instrument fares, every minute.", retained=True),
    Channel.CAPTURE: Kind(Capture, "One capture, whole, but for its picture, which travels by HTTPS."),
    Channel.CHANGE: Kind(Comparison, "Two captures of one site, compared."),
    Channel.VISIT: Kind(Visit, "What a visit was to have, and what it has."),
    Channel.REVIEW: Kind(Review, "A person's word on a capture: accepted, rejected, its hairs corrected."),
    Channel.BASELINE_ASK: Kind(BaselineAsk, "What a site is to be compared with, asked for.", expires=True),
    Channel.RECEIPT: Kind(Receipt, "What became of a capture, comparison, visit or review, sent after the commit."),
    Channel.ANSWER: Kind(BaselineAnswer, "The baseline that was asked for, or why there is none.", expires=True),
    Channel.DAY_LIST: Kind(
        DayList, "The patients whom a chair expects today; it expires with the day.", retained=True, expires=True
    ),
}
"""Of every channel."""


def asyncapi() -> dict[str, Any]:
    """Return what travels by MQTT, as AsyncAPI 3.0."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "trichoscope: instrument and clinic",
            "version": f"{CONTRACT_VERSION}.0.0",
            "description": (
                "What an instrument and its clinic's collector say to each other by MQTT 5. Pictures and certificates"
                " travel by HTTPS: openapi.yaml. A reader passes over fields and user properties it does not know."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"broker": _broker()},
        "channels": {_key(channel): _channel(channel) for channel in KINDS},
        "operations": {name: value for channel in KINDS for name, value in _operations(channel).items()},
        "components": {
            "messages": {kind.model.__name__: _message(channel) for channel, kind in KINDS.items()},
            "securitySchemes": {"certificate": {"type": "X509", "description": CERTIFICATE}},
        },
    }


def _broker() -> dict[str, Any]:
    status = Topic("{clinic}", "{device}", Channel.STATUS)
    return {
        "host": "{host}:{port}",
        "protocol": "secure-mqtt",
        "protocolVersion": "5.0",
        "description": (
            "The clinic's broker: TLS 1.2 or newer with client certificates, nobody anonymous. A device may write and"
            " read under its own name only."
        ),
        "variables": {
            "host": {"description": "The broker's name, as its certificate has it."},
            "port": {"default": "8883"},
        },
        "security": [{"$ref": "#/components/securitySchemes/certificate"}],
        "bindings": {
            "mqtt": {
                "lastWill": {
                    "topic": str(status),
                    "qos": 1,
                    "retain": True,
                    "message": "A Status whose presence is offline, with the number of the connection that died.",
                },
                "maximumPacketSize": {
                    "type": "integer",
                    "description": f"At least {MAX_MESSAGE_BYTES}, a payload's bound, and its topic and properties.",
                    "minimum": MAX_MESSAGE_BYTES,
                },
                "bindingVersion": _BINDING,
            }
        },
    }


def _channel(channel: Channel) -> dict[str, Any]:
    kind = KINDS[channel]
    return {
        "address": str(Topic("{clinic}", "{device}", channel)),
        "description": kind.about,
        "servers": [{"$ref": "#/servers/broker"}],
        "messages": {kind.model.__name__: {"$ref": f"#/components/messages/{kind.model.__name__}"}},
        "parameters": {
            "clinic": {"description": "The clinic's short name, as every message of a device repeats it."},
            "device": {"description": "The instrument's id, which is the common name of its certificate."},
        },
    }


def _operations(channel: Channel) -> dict[str, Any]:
    writer, reader = ("collector", "device") if channel in TO_DEVICE else ("device", "collector")
    sends = _operation(channel, writer, "send")
    receives = _operation(channel, reader, "receive")
    if channel is Channel.BASELINE_ASK:
        sends["reply"] = receives["reply"] = {
            "address": {
                "location": "$message.header#/responseTopic",
                "description": "The device's own answer channel; the collector answers there whatever is named.",
            },
            "channel": {"$ref": f"#/channels/{_key(Channel.ANSWER)}"},
        }
    name = _key(channel)[0].upper() + _key(channel)[1:]
    return {f"{writer}Sends{name}": sends, f"{reader}Receives{name}": receives}


def _operation(channel: Channel, role: str, action: str) -> dict[str, Any]:
    kind = KINDS[channel]
    binding: dict[str, Any] = {"qos": 1}
    if action == "send":
        binding["retain"] = kind.retained
        if kind.expires:
            binding["messageExpiryInterval"] = {
                "type": "integer",
                "minimum": 1,
                "description": "In seconds: until it is worth nothing any more.",
            }
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{_key(channel)}"},
        "title": f"The {role} {action}s {hyphened(kind.model)}.",
        "tags": [{"name": role}],
        "messages": [{"$ref": f"#/channels/{_key(channel)}/messages/{kind.model.__name__}"}],
        "bindings": {"mqtt": {**binding, "bindingVersion": _BINDING}},
    }


def _message(channel: Channel) -> dict[str, Any]:
    kind = KINDS[channel]
    binding: dict[str, Any] = {"contentType": "application/json", "payloadFormatIndicator": 1}
    if channel is Channel.BASELINE_ASK:
        binding["responseTopic"] = {"const": str(Topic("{clinic}", "{device}", Channel.ANSWER))}
    if channel in (Channel.BASELINE_ASK, Channel.ANSWER):
        binding["correlationData"] = {"type": "string", "description": "The sixteen bytes of the ask's message_id."}
    return {
        "name": kind.model.__name__,
        "contentType": "application/json",
        "summary": first_sentence(kind.model),
        "headers": {
            "type": "object",
            "description": "MQTT 5 user properties.",
            "properties": {SCHEMA_VERSION: {"type": "string", "const": str(CONTRACT_VERSION)}},
            "required": [SCHEMA_VERSION],
        },
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{schema_file(kind.model)}"},
        },
        "bindings": {"mqtt": {**binding, "bindingVersion": _BINDING}},
    }


def _key(channel: Channel) -> str:
    return {Channel.BASELINE_ASK: "baselineAsk"}.get(channel, channel.value)
