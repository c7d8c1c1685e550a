"""Instruments."""

from __future__ import annotations

from collector.interface.clinic import Clinic
from collector.interface.resource import Asked, Resource
from collector.interface.shown.devices import Devices, device
from collector.people.roles import Right
from collector.store import devices


def resources(clinic: Clinic) -> tuple[Resource, ...]:
    """Return the resource of instruments."""

    def all_of_them(_asked: Asked) -> Devices:
        with clinic.store.reading() as connection:
            known = devices.known(connection)
        return Devices(devices=tuple(map(device, known)))

    return (
        Resource(
            "/devices",
            "listDevices",
            "The newest word of each instrument.",
            Right.SEE_DEVICES,
            all_of_them,
            shown=Devices,
        ),
    )
