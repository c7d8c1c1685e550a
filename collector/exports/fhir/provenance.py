"""What a person said of a capture, as Provenance: who corrected, rejected or accepted it, when, and why."""

from collections.abc import Sequence

from collector.exports.fhir.elements import Resource, concept, hl7, instant, person, reference, stable_id, words
from collector.exports.fhir.release import Release
from contract import Capture, Decision, Review


def of_corrections(
    capture: Capture, review: Review, corrected: Sequence[Resource], automatic: Sequence[Resource]
) -> Resource:
    """Return who corrected hairs, and which figures became which."""
    people = dict.fromkeys(edit.by for edit in review.edits)
    return {
        "resourceType": "Provenance",
        "id": stable_id("provenance", capture.clinic_id, capture.message_id, "corrected", review.message_id),
        "target": [reference(one) for one in corrected],
        "occurredDateTime": instant(max(edit.at for edit in review.edits)),
        "recorded": instant(review.created_at),
        "activity": concept(hl7("v3-DataOperation", "UPDATE", "revise")),
        "agent": [_agent(capture, code, "author", "Author") for code in people],
        "entity": [{"role": "revision", "what": reference(one)} for one in automatic],
    }


def of_decision(capture: Capture, review: Review, targets: Sequence[Resource], release: Release) -> Resource | None:
    """Return who accepted or rejected a capture; None where nobody has."""
    if review.decision is None or review.decided_by is None:
        return None
    rejected = review.decision is Decision.REJECTED
    resource: Resource = {
        "resourceType": "Provenance",
        "id": stable_id("provenance", capture.clinic_id, capture.message_id, "decided", review.message_id),
        "target": [reference(one) for one in targets],
        "occurredDateTime": instant(review.created_at),
        "recorded": instant(review.created_at),
        "agent": [
            _agent(capture, review.decided_by, *(("author", "Author") if rejected else ("verifier", "Verifier")))
        ],
    }
    if rejected:
        resource["activity"] = concept(hl7("v3-DataOperation", "NULLIFY", "nullify"))
    if review.reason is not None:
        why = concept(text=words(review.reason))
        resource |= {"authorization": [{"concept": why}]} if release is Release.R5 else {"reason": [why]}
    return resource


def _agent(capture: Capture, code: str, role: str, words: str) -> Resource:
    kind = concept(hl7("provenance-participant-type", role, words))
    return {"type": kind, "who": person(capture.clinic_id, code)}
