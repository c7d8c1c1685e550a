"""What lists and charts are made of: captures and comparisons without their hairs, which are nine tenths of a message.

A site over years is 60 pictures; read whole they would be 3 MB of hairs, of which a chart shows none. So charts and
lists read columns, and where they need more of a message its summary.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import Connection, Table, select

from collector.store.rows import payload_as
from collector.store.summary import SummarisedT, summarised
from collector.store.tables import captures, comparisons
from contract import Capture, Comparison, Interval, SiteKey, Verdict

_AT_ONCE = 500


@dataclass(frozen=True)
class ListedCapture:
    """A capture as its columns tell it.

    Parameters
    ----------
    message_id, device_id, patient_code, visit_number, site, taken_at
        As the capture says.
    picture_sha256
        Names its picture.
    verdict
        Of the gate.
    figures_json
        Its figures, as :mod:`collector.store.figures` writes them.
    """

    message_id: UUID
    device_id: str
    patient_code: str
    visit_number: int
    site: SiteKey
    taken_at: datetime
    picture_sha256: str
    verdict: Verdict
    figures_json: str

    def figure(self, name: str) -> Interval | None:
        """Return one figure, by its field's name; None where the picture does not support it."""
        found = json.loads(self.figures_json).get(name)
        return None if found is None else Interval(value=found[0], low=found[1], high=found[2])


def listed_captures(
    connection: Connection, patient_code: str, sites: Collection[str] | None = None
) -> list[ListedCapture]:
    """Return a patient's captures, of some sites or of all, by visit and time."""
    question = select(
        captures.c.message_id,
        captures.c.device_id,
        captures.c.patient_code,
        captures.c.visit_number,
        captures.c.site,
        captures.c.taken_at,
        captures.c.picture_sha256,
        captures.c.verdict,
        captures.c.figures,
    ).where(captures.c.patient_code == patient_code)
    if sites is not None:
        question = question.where(captures.c.site.in_(sites))
    rows = connection.execute(question.order_by(captures.c.visit_number, captures.c.taken_at, captures.c.message_id))
    return [ListedCapture(*row[:7], Verdict(row.verdict), row.figures) for row in rows]


def captures_without_hairs(connection: Connection, message_ids: Iterable[UUID]) -> dict[UUID, Capture]:
    """Return captures by their ids, with every figure and without any hair.

    Raises
    ------
    StoreFailed
        If this release cannot read one of them.
    """
    return _by_id(connection, captures, Capture, message_ids)


def comparisons_without_hairs(connection: Connection, message_ids: Iterable[UUID]) -> dict[UUID, Comparison]:
    """Return comparisons by their ids, with every change and without any hair.

    Raises
    ------
    StoreFailed
        If this release cannot read one of them.
    """
    return _by_id(connection, comparisons, Comparison, message_ids)


def comparison(connection: Connection, message_id: UUID) -> Comparison | None:
    """Return one comparison whole, None if there is none of this id.

    Raises
    ------
    StoreFailed
        If this release cannot read it.
    """
    payload = connection.execute(select(comparisons.c.payload).where(comparisons.c.message_id == message_id)).scalar()
    return None if payload is None else payload_as(Comparison, payload)


def newest_comparisons(
    connection: Connection, patient_code: str, sites: Collection[str] | None = None
) -> list[Comparison]:
    """Return of each of a patient's later captures the newest comparison, of some sites or of all, without hairs.

    Newest is what its instrument counts last, as in :func:`collector.store.captures.comparisons_of`.

    Raises
    ------
    StoreFailed
        If this release cannot read one of them.
    """
    question = select(comparisons.c.summary).where(comparisons.c.patient_code == patient_code)
    if sites is not None:
        question = question.where(comparisons.c.site.in_(sites))
    newest: dict[UUID, Comparison] = {}
    for summary in connection.execute(question).scalars():
        one = summarised(Comparison, summary)
        known = newest.get(one.followup.message_id)
        if known is None or (known.sequence, known.created_at) < (one.sequence, one.created_at):
            newest[one.followup.message_id] = one
    return list(newest.values())


def _by_id(
    connection: Connection, table: Table, model: type[SummarisedT], message_ids: Iterable[UUID]
) -> dict[UUID, SummarisedT]:
    found: dict[UUID, SummarisedT] = {}
    for some in _in_pieces(message_ids):
        rows = connection.execute(select(table.c.message_id, table.c.summary).where(table.c.message_id.in_(some)))
        found |= {message_id: summarised(model, summary) for message_id, summary in rows}
    return found


def _in_pieces(message_ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    left = iter(message_ids)
    while some := list(islice(left, _AT_ONCE)):
        yield some
