"""Which captures count, without reading what else people said of them: :mod:`collector.store.reviews` in columns.

The same rules: a review is the word of the instrument that took the capture, and the last word is the one of the
highest count, under one count the one that came last.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection, func, select

from collector.store.figures import figures_of
from collector.store.tables import reviews
from contract import ComparedCapture, Decision, Interval


class Named(Protocol):
    """A capture by what a review names it by."""

    @property
    def device_id(self) -> str:
        """The instrument that took it."""

    @property
    def message_id(self) -> UUID:
        """Its id."""

    @property
    def patient_code(self) -> str:
        """The patient."""

    @property
    def visit_number(self) -> int:
        """The visit."""

    @property
    def site(self) -> str:
        """The site."""


class Compared(Protocol):
    """A comparison by its two captures."""

    @property
    def patient_code(self) -> str:
        """The patient."""

    @property
    def site(self) -> str:
        """The site."""

    @property
    def baseline(self) -> ComparedCapture:
        """The earlier one."""

    @property
    def followup(self) -> ComparedCapture:
        """The later one."""


_Name = tuple[str, UUID, str, int, str]


@dataclass(frozen=True)
class Standing:
    """What stands of one capture.

    Parameters
    ----------
    rejected
        Whether it is not to count.
    figures_json
        Its figures by the corrected hairs; None where none were corrected.
    """

    rejected: bool
    figures_json: str | None


@dataclass(frozen=True)
class Standings:
    """What stands of some captures; of one that nobody said anything of, nothing."""

    latest: Mapping[_Name, Standing] = field(default_factory=dict)

    def rejects(self, capture: Named) -> bool:
        """Whether a capture is not to count."""
        return self._rejects(_name(capture))

    def rejects_one_of(self, comparison: Compared) -> bool:
        """Whether one of the two captures of a comparison is not to count."""
        about = comparison.patient_code, comparison.site
        return any(
            self._rejects((one.device_id, one.message_id, about[0], one.visit_number, about[1]))
            for one in (comparison.baseline, comparison.followup)
        )

    def corrected(self, capture: Named) -> bool:
        """Whether hairs of a capture were corrected."""
        standing = self.latest.get(_name(capture))
        return standing is not None and standing.figures_json is not None

    def corrected_figures(self, capture: Named) -> Mapping[str, Interval]:
        """Return a capture's figures by its corrected hairs; empty where none were corrected."""
        standing = self.latest.get(_name(capture))
        return {} if standing is None or standing.figures_json is None else figures_of(standing.figures_json)

    def _rejects(self, name: _Name) -> bool:
        standing = self.latest.get(name)
        return standing is not None and standing.rejected


def of_patient(connection: Connection, patient_code: str, sites: Collection[str] | None = None) -> Standings:
    """Read what stands of a patient's captures, of some sites or of all."""
    about = reviews.c.patient_code == patient_code
    return _read(connection, about if sites is None else about & reviews.c.site.in_(sites))


def of_captures(connection: Connection, message_ids: Collection[UUID]) -> Standings:
    """Read what stands of some captures, of any patients."""
    return _read(connection, reviews.c.capture_id.in_(message_ids))


def _read(connection: Connection, where: object) -> Standings:
    same = reviews.c.device_id, reviews.c.capture_id, reviews.c.patient_code, reviews.c.visit_number, reviews.c.site
    newest_first = reviews.c.sequence.desc(), reviews.c.received_at.desc(), reviews.c.message_id.desc()
    place = func.row_number().over(partition_by=same, order_by=newest_first).label("place")
    ranked = select(*same, reviews.c.decision, reviews.c.figures, place).where(where).subquery()  # type: ignore[arg-type]
    rows = connection.execute(select(ranked).where(ranked.c.place == 1))
    return Standings({tuple(row[:5]): Standing(row.decision == Decision.REJECTED.value, row.figures) for row in rows})


def _name(capture: Named) -> _Name:
    return capture.device_id, capture.message_id, capture.patient_code, capture.visit_number, capture.site
