"""The enrolment's door: open to everybody, and so bounded in everything."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from collector.identity import body as body_module
from collector.identity.certificates import Authority
from collector.identity.codes import EnrolmentCodes
from collector.identity.enrolment import REFUSAL, Enrolments
from collector.identity.enrolment_service import create_enrolment_service
from contract import EnrolmentAnswer
from contract.enrolment import MAX_ENROLMENT_BYTES, answer_proof, code_letters
from tests.collector.asgi import AsgiClient
from tests.collector.examples import CLINIC
from tests.collector.identity.instrument import Instrument


@pytest.fixture
def codes(tmp_path: Path) -> EnrolmentCodes:
    """Return a folder for codes."""
    return EnrolmentCodes(tmp_path / "enrolment")


@pytest.fixture
def enrolments(codes: EnrolmentCodes, own_authority: Authority, tmp_path: Path) -> Enrolments:
    """Return what decides on enrolments."""
    return Enrolments(CLINIC, codes, own_authority, tmp_path / "issued")


@pytest.fixture
def client(enrolments: Enrolments) -> AsgiClient:
    """Return a client of a service that gives turns without a pause."""
    return AsgiClient(create_enrolment_service(enrolments, apart_s=0.0), "https://clinic.example")


def given(codes: EnrolmentCodes, name: str) -> str:
    """Give a code for an hour."""
    return codes.give(name, timedelta(hours=1), datetime.now(UTC))[0]


def test_an_answer_is_one_that_an_instrument_can_check(client: AsgiClient, codes: EnrolmentCodes) -> None:
    """Breaks when an instrument with the right code cannot read or believe what it is answered."""
    code = given(codes, "chair-7")
    request = Instrument("chair-7").enrolment(code)
    answered = client.request("POST", "/enrolments", content=request.encode())
    assert (answered.status_code, answered.headers["content-type"]) == (200, "application/json")
    answer = EnrolmentAnswer.model_validate_json(answered.content)
    proof = answer_proof(code_letters(code), request.nonce, CLINIC, answer.certificate, answer.authority)
    assert answer.proof == proof
    assert len(answered.content) < MAX_ENROLMENT_BYTES


def test_refusals_are_constant(client: AsgiClient, codes: EnrolmentCodes) -> None:
    """Breaks when a stranger can tell by the answer for whom there is a code."""
    other = given(codes, "chair-8")
    answers = [
        client.request("POST", "/enrolments", content=Instrument(name).enrolment(other).encode())
        for name in ("chair-7", "chair-9")
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(403, REFUSAL)}
    assert len({json.dumps(sorted(answer.headers.items())) for answer in answers}) == 1


def test_other_addresses_and_methods_are_not_there(client: AsgiClient) -> None:
    """Breaks when this door leads to anything but enrolment."""
    assert client.get("/enrolments").status_code == 405
    for path in ("/", "/certificates", f"/images/{'0' * 64}", "/healthz"):
        assert client.request("POST", path).status_code == 404
        assert client.get(path).status_code == 404


def test_long_bodies_are_refused_before_their_end(client: AsgiClient) -> None:
    """Breaks when a stranger can fill the collector's memory."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1000
            yield b"x" * 1000

    assert client.request("POST", "/enrolments", content=endless()).status_code == 413
    assert sent <= MAX_ENROLMENT_BYTES + 2000
    announced = {"Content-Length": str(MAX_ENROLMENT_BYTES + 1)}
    sent = 0
    assert client.request("POST", "/enrolments", content=endless(), headers=announced).status_code == 413
    assert sent == 0


def test_silent_strangers_are_given_up(client: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when twenty strangers who begin and do not go on keep every instrument from enrolling."""
    monkeypatch.setattr(body_module, "_WITHIN_S", 0.1)

    async def silent() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    assert client.request("POST", "/enrolments", content=silent()).status_code == 408


def test_a_full_disk_is_told_as_passing(
    client: AsgiClient, codes: EnrolmentCodes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Breaks when an instrument takes a full disk at the clinic for a wrong code."""
    code = given(codes, "chair-7")
    (tmp_path / "issued").write_text("in the way")
    answer = client.request("POST", "/enrolments", content=Instrument("chair-7").enrolment(code).encode())
    assert (answer.status_code, "later" in answer.text) == (500, True)
    assert code_letters(code) not in caplog.text


def test_tries_are_apart_and_few_may_wait(
    enrolments: Enrolments, codes: EnrolmentCodes, caplog: pytest.LogCaptureFixture
) -> None:
    """Breaks when codes can be tried as fast as the network is, or those who wait fill the memory."""
    wrong = Instrument("chair-7").enrolment(given(codes, "chair-8")).encode()
    application = create_enrolment_service(enrolments, apart_s=0.1)

    async def at_once(count: int) -> list[int]:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="https://clinic.example") as asking:
            answers = await asyncio.gather(*(asking.post("/enrolments", content=wrong) for _ in range(count)))
        return sorted(answer.status_code for answer in answers)

    began_s = time.monotonic()
    with caplog.at_level(logging.WARNING):
        statuses = asyncio.run(at_once(20))
    tried = statuses.count(403)
    assert statuses.count(429) == 20 - tried
    assert 1 < tried <= 7
    assert time.monotonic() - began_s >= 0.1 * (tried - 1)
    assert len(caplog.records) == tried, "what was not tried is not logged"
