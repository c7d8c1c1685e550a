"""Who and what is behind a figure: the patient by a code alone, the instrument with the release it ran."""

from collector.exports.fhir.elements import Resource, hl7, identifier, labelled, stable_id, words
from collector.exports.fhir.release import Release
from contract import Capture


def patient(capture: Capture) -> Resource:
    """Return the patient: a pseudonym of the clinic, and nothing else."""
    return {
        "resourceType": "Patient",
        "id": stable_id("patient", capture.clinic_id, capture.patient_code),
        "meta": {"security": [hl7("v3-ObservationValue", "PSEUDED", "pseudonymized")]},
        "identifier": [identifier("patient", capture.clinic_id, capture.patient_code)],
    }


def device(capture: Capture, release: Release) -> Resource:
    """Return the instrument as it was at a capture: another release of its software is another resource."""
    resource: Resource = {
        "resourceType": "Device",
        "id": stable_id("device", capture.clinic_id, capture.device_id, capture.software_version, capture.simulated),
        "identifier": [identifier("device", capture.clinic_id, capture.device_id)],
    }
    name, kind = capture.device_id, {"text": "Trichoscope"}
    if release is Release.R5:
        resource |= {"name": [{"value": name, "type": "user-friendly-name", "display": True}], "type": [kind]}
    else:
        resource |= {"deviceName": [{"name": name, "type": "user-friendly-name"}], "type": kind}
    if capture.software_version.strip():
        resource["version"] = [{"type": {"text": "software"}, "value": words(capture.software_version)}]
    return labelled(resource, simulated=capture.simulated)
