"""The quarantine: what could not be taken and why; tried again, or discarded."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.ingestion import settling
from collector.ingestion.decisions import storable_topic
from collector.ingestion.settling import Became, Settled
from collector.page.payload import MOST_BYTES, codes_in, shown_bytes
from collector.page.web import Asked, Page, Refused, action, done, person_of, screen
from collector.people import audit
from collector.people.roles import Right
from collector.store import quarantine
from collector.store.quarantine import COUNTED_TO, After, Held, Key
from contract import PATIENT_CODE

_ON_A_PAGE = 50
_AT_ONCE = 200
_LONGEST_S = 5.0
"""An action that settles many ends after this, says how far it came, and can be asked for again."""
_AFTER = re.compile(r"([0-9]{1,15})_([0-9a-f]{64})_(.{1,300})", re.DOTALL)
_SHA256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Topic = Annotated[str, Field(max_length=70_000)]  # of MQTT: 65,535 bytes


class _Chosen(Asked):
    """One message, or all of a reason."""

    topic: _Topic | None = None
    content_sha256: _SHA256 | None = None
    reason: Annotated[str, Field(max_length=500)] | None = None


class _Discarded(_Chosen):
    why: Annotated[str, Field(max_length=200)] = ""


_SAID = {
    Became.STORED: "Stored: {count}. An instrument that holds it as refused sends it again when a person there says so;"
    " it is then told that it is stored.",
    Became.HEARD: "Heard: {count}. Nothing of it is stored for good.",
    Became.STILL_HELD: "Still held: {count}. The reason is said with each.",
    Became.DISCARDED: "Discarded: {count}. The audit trail keeps topic and digest.",
    Became.GONE: "Somebody else settled it before: {count}.",
}


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def listed(request: Request) -> Response:
        reason = storable_topic(request.query_params.get("reason", "")) or None
        after = _after(request.query_params.get("after", ""))
        may_settle = person_of(request).may(Right.SETTLE_QUARANTINE)
        with page.store.reading() as connection:
            count, reasons = quarantine.count(connection), quarantine.reasons(connection)
            found = quarantine.newest(connection, _ON_A_PAGE + 1, after, reason) if may_settle else []
        chosen = {} if reason is None else {"reason": reason}
        more = chosen | {"after": _written(found[_ON_A_PAGE - 1])} if len(found) > _ON_A_PAGE else None
        return page.render(
            request,
            "quarantine.html",
            count=count,
            most=COUNTED_TO,
            reasons=reasons,
            reason=reason,
            held=found[:_ON_A_PAGE],
            may_settle=may_settle,
            first_address=f"/quarantine?{urlencode(chosen)}" if after else None,
            next_address=None if more is None else f"/quarantine?{urlencode(more)}",
            of_reason=lambda one: f"/quarantine?{urlencode({'reason': one})}",
            message_address=lambda key: f"/quarantine/{key.content_sha256}?{urlencode({'topic': key.topic})}",
        )

    def message(request: Request) -> Response:
        key = Key(storable_topic(request.query_params.get("topic", "")), request.path_params["sha256"])
        with page.store.reading() as connection:
            found = quarantine.of_key(connection, key, MOST_BYTES)
        if found is None:
            raise HTTPException(404, "This message is not in quarantine any more. Go back to the list.")
        _note_look(page, request, key, found.payload)
        bytes_shown = shown_bytes(found.payload)
        return page.render(request, "quarantine_message.html", one=found.held, bytes_shown=bytes_shown, most=MOST_BYTES)

    def retry(request: Request, asked: _Chosen) -> Response:
        by = person_of(request).name
        return settled(request, asked, lambda key: settling.retry(page.store, page.clinic_id, by, key, _now()))

    def discard(request: Request, asked: _Discarded) -> Response:
        by, why = person_of(request).name, asked.why.strip()
        if not why:
            raise Refused("Say why it is discarded: the audit trail keeps it.")
        return settled(request, asked, lambda key: settling.discard(page.store, by, key, why))

    def settled(request: Request, asked: _Chosen, settle: Callable[[Key], Settled]) -> Response:
        ends_s, became = time.monotonic() + _LONGEST_S, []
        for key in _keys(page, asked):
            became.append(settle(key))
            if time.monotonic() > ends_s:
                break
        language = page.language(request)
        counts = {kind: sum(one.became is kind for one in became) for kind in Became}
        said = [
            language.words(_SAID[kind]).format(count=language.number(count)) for kind, count in counts.items() if count
        ]
        held = {one.key: one.reason or "" for one in became if one.became is Became.STILL_HELD}
        return done(
            outcome=" ".join(said),
            left=[(one.key.topic, one.key.content_sha256) for one in became if one.key not in held],
            held=[(key.topic, key.content_sha256, language.sentence(why)) for key, why in held.items()],
        )

    return [
        screen("/quarantine", listed, Right.SEE_DEVICES),
        screen("/quarantine/{sha256}", message, Right.SETTLE_QUARANTINE),
        action("/quarantine/retry", _Chosen, retry, Right.SETTLE_QUARANTINE, most_bytes=2 * 70_000),
        action("/quarantine/discard", _Discarded, discard, Right.SETTLE_QUARANTINE, most_bytes=2 * 70_000),
    ]


def _now() -> datetime:
    return datetime.now(UTC)


def _keys(page: Page, asked: _Chosen) -> Sequence[Key]:
    if asked.topic is not None and asked.content_sha256 is not None and asked.reason is None:
        return [Key(storable_topic(asked.topic), asked.content_sha256)]
    if asked.reason is None or asked.topic is not None or asked.content_sha256 is not None:
        raise Refused("Choose one message, or one reason.")
    with page.store.reading() as connection:
        return quarantine.keys_of(connection, storable_topic(asked.reason), _AT_ONCE)


def _note_look(page: Page, request: Request, key: Key, payload: bytes) -> None:
    """Note that somebody sees the bytes, and of each patient whose code is in them, before they are shown."""
    by, subject = person_of(request).name, f"quarantine sha256:{key.content_sha256}"
    with page.store.writing() as connection:
        codes: list[str | None] = [*codes_in(payload, PATIENT_CODE)]
        for code in codes or [None]:
            audit.write(connection, by, audit.Action.LOOKED, patient_code=code, subject=subject, detail=key.topic[:200])


def _written(last: Held) -> str:
    return f"{round(last.received_at.timestamp() * 1000)}_{last.key.content_sha256}_{last.key.topic}"


def _after(asked: str) -> After | None:
    if not asked:
        return None
    parts = _AFTER.fullmatch(asked)
    try:
        if parts is None:
            raise ValueError
        seconds, milliseconds = divmod(int(parts[1]), 1000)
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=1000 * milliseconds)
    except (ValueError, OverflowError, OSError):
        raise HTTPException(404, "There is no such part of the list. Go back to its beginning.") from None
    return After(at, Key(storable_topic(parts[3]), parts[2]))
