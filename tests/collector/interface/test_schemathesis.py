"""The interface against its own document: what schemathesis makes of it, with all of its checks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.interface.application import ADDRESS, DOCUMENT
from tests.collector.interface.served import PATIENT, Served

_SEED = 20260304
_EXAMPLES = 8


@dataclass
class Found:
    """What a run found, and how often each check and each status was seen."""

    faults: list[str] = field(default_factory=list)
    checks: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)


def run(application: ASGIApp, token: str, **parameters: str) -> Found:
    """Run every phase over the document that an application gives out."""
    config: dict[str, Any] = {
        "seed": _SEED,
        "headers": {"Authorization": f"Bearer {token}"},
        "generation": {"max-examples": _EXAMPLES, "deterministic": True, "mode": "all", "no-shrink": True},
        "continue-on-failure": True,
        "workers": 1,
    }
    if parameters:
        config["parameters"] = {f"path.{name}": value for name, value in parameters.items()}
    schema = schemathesis.openapi.from_asgi(
        f"{ADDRESS}{DOCUMENT}", application, config=SchemathesisConfig.from_dict(config)
    )
    found = Found()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found.faults.append(f"{event}: {getattr(event, 'exception', '')} {getattr(event, 'value', '')}")
        if isinstance(event, events.ScenarioFinished):
            _take(found, event)
    return found


def _take(found: Found, event: events.ScenarioFinished) -> None:
    found.operations.add(event.label or "")
    for interaction in event.recorder.interactions.values():
        if interaction.response is not None:
            found.statuses[interaction.response.status_code] += 1
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            found.checks[check.name] += 1
            if check.failure_info is not None:
                exchanged = event.recorder.interactions[case_id]
                asked, said = exchanged.request, exchanged.response
                found.faults.append(
                    f"{event.phase.value} {asked.method} {asked.uri}: {check.failure_info.failure}"
                    f" {said.content[:300]!r}"
                    if said
                    else ""
                )


def test_schemathesis_finds_nothing(filled: Served) -> None:
    """Breaks when an answer is not what the document says, or what it does not allow is taken.

    Twice: with any addresses, of which most name nothing, and with those of a patient of whom there is much.
    """
    token = filled.token(title="schemathesis")
    anywhere = run(filled.application, token)
    assert not anywhere.faults, "\n\n".join(anywhere.faults[:8])
    known = run(filled.application, token, code=PATIENT)
    assert not known.faults, "\n\n".join(known.faults[:8])
    for name in ("status_code_conformance", "content_type_conformance", "response_schema_conformance"):
        assert anywhere.checks[name] > 300, anywhere.checks
    for name in ("negative_data_rejection", "positive_data_acceptance", "unsupported_method", "not_a_server_error"):
        assert anywhere.checks[name] > 300, anywhere.checks
    assert {200, 401, 404, 405, 422} <= set(anywhere.statuses), anywhere.statuses
    assert known.statuses[200] > 50, known.statuses


class Lying:
    """An application in whose answers a word is another one."""

    def __init__(self, honest: ASGIApp, word: bytes, instead: bytes) -> None:
        self._honest, self._word, self._instead = honest, word, instead

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.body" and not scope["path"].endswith(DOCUMENT):
                message["body"] = message["body"].replace(self._word, self._instead)
            await send(message)

        await self._honest(scope, receive, sent)


@pytest.mark.parametrize(
    ("word", "instead"),
    [(b'"visit_number":1', b'"visit_number":"1st"'), (b'"low":', b'"lo":'), (b'"next"', b'"nxt"')],
)
def test_a_planted_lie_is_found(filled: Served, word: bytes, instead: bytes) -> None:
    """Breaks when the run above would find nothing whatever the interface answers."""
    lies = run(Lying(filled.application, word, instead), filled.token(title=f"lies {instead!r}"))
    assert any("schema" in fault.lower() for fault in lies.faults)
