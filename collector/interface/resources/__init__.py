"""The resources: one module for each kind of thing that can be read."""

from collector.interface.clinic import Clinic
from collector.interface.resource import Resource
from collector.interface.resources import captures, changes, devices, fhir, patients, studies


def all_resources(clinic: Clinic) -> tuple[Resource, ...]:
    """Return every resource, in the order of the document."""
    modules = (patients, captures, changes, fhir, devices, studies)
    return tuple(one for module in modules for one in module.resources(clinic))
