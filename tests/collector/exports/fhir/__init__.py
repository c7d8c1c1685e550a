"""FHIR bundles."""
