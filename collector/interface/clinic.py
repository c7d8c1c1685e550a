"""What the interface reads, and the trail in which each look at a patient stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from collector.interface.resource import Asked
from collector.people import audit
from collector.people.audit import Action
from collector.pictures.pictures import Pictures
from collector.store.store import Store


@dataclass(frozen=True)
class Clinic:
    """What is read.

    Parameters
    ----------
    store, pictures
        Of the clinic.
    """

    store: Store
    pictures: Pictures

    def looked(self, asked: Asked, patient_code: str, subject: str) -> None:
        """Note who looks at a patient, before anything of them is answered.

        Raises
        ------
        collector.store.stored.StoreFailed
            If that could not be noted: then nothing may be answered.
        """
        audit.note(self.store, asked.holder.by, Action.READ_BY_TOKEN, patient_code=patient_code, subject=subject)

    def looked_at_list(self, asked: Asked, patient_codes: Iterable[str], subject: str) -> None:
        """Note whose entries in a list are answered: one entry, not one for each."""
        codes = sorted(set(patient_codes))
        if codes:
            audit.note(self.store, asked.holder.by, Action.READ_BY_TOKEN, subject=subject, detail=" ".join(codes))
