"""What `fhir.resources` lets pass and FHIR does not: statuses, units, codes, references, ids, texts."""

import re
from collections.abc import Iterator
from typing import Any

from collector.exports.codes import SYSTEM_URL
from collector.exports.fhir import Release, code_system
from contract import place_of
from tests.collector.exports.ucum import is_ucum

_OBSERVATION = {
    "registered",
    "preliminary",
    "final",
    "amended",
    "corrected",
    "cancelled",
    "entered-in-error",
    "unknown",
}
STATUSES: dict[tuple[str, Release], set[str]] = {
    ("Observation", Release.R4): _OBSERVATION,
    ("Observation", Release.R5): _OBSERVATION,
    ("DocumentReference", Release.R5): {"current", "superseded", "entered-in-error"},
    ("Media", Release.R4): {
        *("preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown")
    },
    ("CodeSystem", Release.R4): {"draft", "active", "retired", "unknown"},
    ("CodeSystem", Release.R5): {"draft", "active", "retired", "unknown"},
}
"""The value sets that FHIR binds as required."""

_OF_RELEASE = {Release.R4: "Media", Release.R5: "DocumentReference"}
_KNOWN = {"Patient", "Device", "Observation", "Provenance"}
_PERSONAL = {"name", "telecom", "birthDate", "address", "photo", "contact", "gender"}
_SYSTEM = re.compile(r"(?:https?://[^\s]+|urn:(?:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+|uuid:[0-9a-f-]{36}|ietf:rfc:3986))")
_INSTANT = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?Z")


def faults(bundle: dict[str, Any], release: Release) -> list[str]:
    """Return what is wrong with a bundle, in words."""
    return list(_faults(bundle, release))


def _faults(bundle: dict[str, Any], release: Release) -> Iterator[str]:
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    if len(set(urls)) != len(urls):
        yield "two entries of one fullUrl"
    for entry in bundle["entry"]:
        resource = entry["resource"]
        kind = resource["resourceType"]
        if kind not in _KNOWN | {_OF_RELEASE[release]}:
            yield f"{kind} is no resource of this export"
        if not re.fullmatch(r"[A-Za-z0-9.-]{1,64}", resource["id"]):
            yield f"id {resource['id']!r}"
        status = resource.get("status")
        if (kind, release) in STATUSES and status not in STATUSES[kind, release]:
            yield f"status {status!r} of {kind}"
        if kind == "Patient" and _PERSONAL & set(resource):
            yield f"a patient is a code: {_PERSONAL & set(resource)}"
        if ("request" in entry) != (bundle["type"] == "transaction"):
            yield "a request belongs to each entry of a transaction, and to no other"
        yield from _within(resource, kind, set(urls))


def _within(part: Any, where: str, urls: set[str]) -> Iterator[str]:  # noqa: ANN401  any JSON
    if isinstance(part, dict):
        if not part:
            yield f"{where} is empty"
        yield from _of_element(part, where, urls)
        for name, inner in part.items():
            yield from _within(inner, f"{where}.{name}", urls)
    elif isinstance(part, list):
        if not part:
            yield f"{where} is empty"
        for inner in part:
            yield from _within(inner, where, urls)
    elif isinstance(part, str):
        if not part or re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", part):
            yield f"{where} holds {part!r}"
        if where.endswith(("DateTime", ".issued", ".recorded", ".date", ".creation")) and not _INSTANT.fullmatch(part):
            yield f"{where} is no time: {part!r}"
    elif part is None:
        yield f"{where} is null"


def _of_element(part: dict[str, Any], where: str, urls: set[str]) -> Iterator[str]:
    if "reference" in part and part["reference"] not in urls:
        yield f"{where} refers to what is not there: {part['reference']}"
    if "system" in part and not _SYSTEM.fullmatch(part["system"]):
        yield f"{where} is of no system: {part['system']!r}"
    if where.endswith("Quantity") and (
        part.get("system") != "http://unitsofmeasure.org" or not is_ucum(part.get("code", "")) or "value" not in part
    ):
        yield f"{where} is in no UCUM unit: {part}"
    if part.get("system") == SYSTEM_URL and not _is_local(part["code"]):
        yield f"{where} is of no code of the local code system: {part['code']!r}"


def _is_local(code: str) -> bool:
    if code in {one["code"] for one in code_system()["concept"]}:
        return True
    try:
        return place_of(code) is not None
    except ValueError:
        return False
