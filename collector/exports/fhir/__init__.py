"""FHIR bundles of a patient's or a visit's figures, as R4 or R5; plain dictionaries, ready to be written as JSON."""

from collector.exports.fhir.bundle import BundleKind, NothingToExport, SeveralPatients, as_json, bundle
from collector.exports.fhir.code_system import code_system
from collector.exports.fhir.release import Release

__all__ = ["BundleKind", "NothingToExport", "Release", "SeveralPatients", "as_json", "bundle", "code_system"]
