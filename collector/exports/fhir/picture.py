"""The picture that figures were measured on: named by its hash, without its bytes."""

import base64
from collections.abc import Callable

from collector.exports.codes import PHOTOGRAPHY, site_code
from collector.exports.fhir.elements import (
    Resource,
    body_site,
    concept,
    hl7,
    instant,
    labelled,
    reference,
    snomed,
    stable_id,
)
from collector.exports.fhir.release import Release
from contract import Capture, Sha256

PictureUrl = Callable[[Sha256], str]
"""Where a picture can be had, by its SHA-256."""


def picture_name(sha256: Sha256) -> str:
    """Return a picture's name as a URI (RFC 6920): it says which file is meant, and not where it lies."""
    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")
    return f"ni:///sha-256;{digest}"


def picture(
    capture: Capture, subject: Resource, instrument: Resource, release: Release, url: PictureUrl, *, withdrawn: bool
) -> Resource:
    """Return the picture: a DocumentReference in R5, a Media in R4.

    FHIR's own hash of an attachment is SHA-1, so the SHA-256 stands in the identifier.
    """
    sha256 = capture.picture.sha256
    width_px, height_px = capture.measurement.picture_px
    attachment: Resource = {
        "contentType": capture.picture.media_type,
        "url": url(sha256),
        "size": capture.picture.size_bytes,
        "creation": instant(capture.taken_at),
    }
    of_both: Resource = {
        "id": stable_id("picture", capture.clinic_id, capture.message_id),
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": picture_name(sha256)}],
        "subject": reference(subject),
    }
    photography, site = concept(snomed(*PHOTOGRAPHY)), body_site(site_code(capture.site))
    if release is Release.R5:
        # JSON has an integer64 as a string in R5: readers that hold numbers as doubles would round it
        of_r5 = {"size": str(capture.picture.size_bytes), "width": width_px, "height": height_px}
        resource = {
            "resourceType": "DocumentReference",
            **of_both,
            "status": "entered-in-error" if withdrawn else "current",
            "modality": [photography],
            "bodySite": [{"concept": site}],
            "date": instant(capture.taken_at),
            "author": [reference(instrument)],
            "content": [{"attachment": {**attachment, **of_r5}}],
        }
    else:
        resource = {
            "resourceType": "Media",
            **of_both,
            "status": "entered-in-error" if withdrawn else "completed",
            "type": concept(hl7("media-type", "image", "Image")),
            "modality": photography,
            "bodySite": site,
            "createdDateTime": instant(capture.taken_at),
            "device": reference(instrument),
            "width": width_px,
            "height": height_px,
            "content": attachment,
        }
    return labelled(resource, simulated=capture.simulated)
