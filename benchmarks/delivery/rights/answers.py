"""What a device must not get the collector to do: answer elsewhere, believe another's name, replace what it holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from uuid import UUID

from benchmarks.delivery import captures
from benchmarks.delivery.rights.act import Act
from benchmarks.delivery.rights.bare_client import Arrived, BareClient, Ended
from benchmarks.delivery.rights.scene import CLINIC, HOSTILE, OTHER, WITNESS, Scene, topic
from contract import (
    TO_DEVICE,
    BaselineAnswer,
    BaselineAsk,
    Capture,
    Channel,
    Decision,
    Outcome,
    Receipt,
    Review,
    Site,
    content_sha256,
    new_message_id,
)

_FAILURE = 0x80
_PATIENT, _REVIEWED = 42, 43
_RESPONSE_TOPICS = {
    f"{OTHER}'s answer": topic(OTHER, Channel.ANSWER),
    f"{OTHER}'s receipt": topic(OTHER, Channel.RECEIPT),
    f"{OTHER}'s status": topic(OTHER, Channel.STATUS),
    "its own receipt": topic(HOSTILE, Channel.RECEIPT),
    "another clinic's answer": topic(HOSTILE, Channel.ANSWER, "other-clinic"),
    "the broker's own figures": "$SYS/broker/uptime",
    "a wildcard": "#",
}


def asking(scene: Scene) -> Iterator[Act]:
    """Ask the real collector in ways that would make it answer to, store for, or overwrite another device."""
    with ExitStack() as opened:
        people = _People(scene, opened)
        for words, answer_to in _RESPONSE_TOPICS.items():
            yield people.ask(f"have an answer sent to {words}", answer_to=answer_to)
        yield people.ask(f"ask in the name of {OTHER}", device_id=OTHER, is_answered=False)
        yield people.ask("ask in the name of another clinic", clinic_id="other-clinic", is_answered=False)
        yield people.ask("have 60,000 bytes of correlation data sent back", correlation=b"c" * 60_000, is_answered=True)
        yield people.send(f"a capture in the name of {OTHER}", device_id=OTHER)
        yield people.send("a capture in the name of another clinic", clinic_id="other-clinic")
        yield people.send(f"another content under the id of {OTHER}'s capture", message_id=people.held.message_id)
        yield people.reject(f"reject {OTHER}'s capture in its name", device_id=OTHER)
        yield people.reject(f"reject {OTHER}'s capture in its own name", device_id=HOSTILE)


class _People:
    """The hostile device, another one of which the clinic holds a capture, and the witness."""

    def __init__(self, scene: Scene, opened: ExitStack) -> None:
        self._scene = scene
        self._hostile = opened.enter_context(scene.client(HOSTILE))
        self._other = opened.enter_context(scene.client(OTHER))
        self._witness = opened.enter_context(scene.client(WITNESS))
        for client, device in ((self._hostile, HOSTILE), (self._other, OTHER)):
            for channel in TO_DEVICE:
                client.subscribe(topic(device, channel))
        self.held = _capture(OTHER)
        _settled(self._other, OTHER, self.held.encode())
        for topics in ("#", "$SYS/#"):
            self._witness.subscribe(topics)

    def ask(
        self,
        words: str,
        *,
        answer_to: str | None = None,
        device_id: str = HOSTILE,
        clinic_id: str = CLINIC,
        correlation: bytes | None = None,
        is_answered: bool | None = None,
    ) -> Act:
        """Ask with one thing wrong; another device then asks rightly, and what came before its answer is judged."""
        forbidden = _ask(device_id, clinic_id)
        marked = correlation or forbidden.message_id.bytes
        how = "taken"
        try:
            code = self._hostile.publish(
                topic(HOSTILE, Channel.BASELINE_ASK), forbidden.encode(), answer_to=answer_to, correlation=marked
            )
            how = "taken" if code is not None and code < _FAILURE else f"refused ({code or 0:#04x})"
        except Ended as ended:
            how = f"connection ended: {ended}"
            self._hostile = self._again()
        right = _ask(OTHER, CLINIC)
        self._other.publish(
            topic(OTHER, Channel.BASELINE_ASK),
            right.encode(),
            answer_to=topic(OTHER, Channel.ANSWER),
            correlation=right.message_id.bytes,
        )
        came = _until_answer(self._witness, right.message_id)
        control = came is not None
        about = [one for one in came or [] if str(forbidden.message_id).encode() in one.payload]
        answers = [one for one in about if one.topic != topic(HOSTILE, Channel.BASELINE_ASK)]
        elsewhere = [one for one in answers if one.topic != topic(HOSTILE, Channel.ANSWER)]
        too_long = [one for one in answers if one.correlation is not None and len(one.correlation) > 64]
        refused = not elsewhere and not too_long and not (is_answered is False and answers)
        how += f"; answered to {elsewhere[0].topic}" if elsewhere else ""
        how += "; answered to its own topic" if answers and not elsewhere else ""
        how += "; not answered" if not answers else ""
        how += ", with all of it" if too_long else ""
        return Act("ask", words, how, refused, control)

    def send(self, words: str, **changes: object) -> Act:
        """Send a capture with one thing wrong, then one that is right."""
        forbidden = json.loads(_capture(HOSTILE).encode()) | {name: str(value) for name, value in changes.items()}
        receipt = _settled(self._hostile, HOSTILE, json.dumps(forbidden).encode())
        right = _settled(self._hostile, HOSTILE, _capture(HOSTILE).encode())
        # the other's own capture, once more: stored still, as it was
        stands = _settled(self._other, OTHER, self.held.encode())
        control = right is not None and right.outcome is Outcome.STORED
        kept = stands is not None and stands.outcome is Outcome.STORED
        refused = receipt is not None and receipt.outcome is Outcome.REFUSED and kept
        how = f"{receipt.outcome.value}: {receipt.reason}" if receipt else "no receipt came"
        return Act("ask", words, how, refused, control)

    def reject(self, words: str, device_id: str) -> Act:
        """Say of another device's capture that it is not to count; the other then asks for it as its baseline."""
        victim = _capture(OTHER, _REVIEWED)
        _settled(self._other, OTHER, victim.encode())
        review = _rejection(victim, device_id)
        receipt = _settled(self._hostile, HOSTILE, review.encode(), Channel.REVIEW)
        before = self._offered()
        own = _rejection(victim, OTHER)
        _settled(self._other, OTHER, own.encode(), Channel.REVIEW)
        after = self._offered()
        accepted = own.model_copy(
            update={"message_id": new_message_id(), "sequence": 9, "decision": Decision.ACCEPTED, "reason": None}
        )
        _settled(self._other, OTHER, accepted.encode(), Channel.REVIEW)
        refused = before == victim.message_id
        how = (
            f"{receipt.outcome if receipt else 'no receipt came'}; the capture {'counts' if refused else 'counts not'}"
        )
        control = after != victim.message_id and self._offered() == victim.message_id
        return Act("ask", words, how, refused, control)

    def _offered(self) -> UUID | None:
        """Return the capture that the other device is given as its baseline."""
        asked = _ask(OTHER, CLINIC, _REVIEWED)
        self._other.publish(topic(OTHER, Channel.BASELINE_ASK), asked.encode(), correlation=asked.message_id.bytes)
        while True:
            one = self._other.next()
            if one.topic == topic(OTHER, Channel.ANSWER) and str(asked.message_id).encode() in one.payload:
                answer = BaselineAnswer.model_validate_json(one.payload)
                return None if answer.baseline is None else answer.baseline.message_id

    def _again(self) -> BareClient:
        client = self._scene.client(HOSTILE)
        for channel in TO_DEVICE:
            client.subscribe(topic(HOSTILE, channel))
        return client


def _settled(client: BareClient, device: str, payload: bytes, channel: Channel = Channel.CAPTURE) -> Receipt | None:
    """Send a capture or a review, and return its receipt, if one comes."""
    client.publish(topic(device, channel), payload)
    try:
        while True:
            one = client.next()
            if one.topic == topic(device, Channel.RECEIPT):
                receipt = Receipt.model_validate_json(one.payload)
                if receipt.content_sha256 == content_sha256(payload):
                    return receipt
    except Ended:
        return None


def _until_answer(witness: BareClient, message_id: UUID) -> list[Arrived] | None:
    """Return what comes before the answer of that id; None if it does not come."""
    before: list[Arrived] = []
    try:
        while True:
            one = witness.next()
            if one.topic == topic(OTHER, Channel.ANSWER) and str(message_id).encode() in one.payload:
                return before
            before.append(one)
    except Ended:
        return None


def _ask(device_id: str, clinic_id: str, patient: int = _PATIENT) -> BaselineAsk:
    return BaselineAsk(
        message_id=new_message_id(),
        clinic_id=clinic_id,
        device_id=device_id,
        boot_id=new_message_id(),
        sequence=1,
        created_at=datetime.now(UTC),
        clock_trusted=True,
        patient_code=f"P-{patient:04d}",
        site=Site.FRONTAL,
        before_visit=2,
    )


def _rejection(capture: Capture, device_id: str) -> Review:
    return Review(
        message_id=new_message_id(),
        clinic_id=CLINIC,
        device_id=device_id,
        boot_id=new_message_id(),
        sequence=8,
        created_at=datetime.now(UTC),
        clock_trusted=True,
        patient_code=capture.patient_code,
        visit_number=capture.visit_number,
        site=capture.site,
        software_version="0.1.0",
        capture_id=capture.message_id,
        decision=Decision.REJECTED,
        decided_by="mk",
        reason="It was taken elsewhere.",
    )


def _capture(device_id: str, patient: int = _PATIENT) -> Capture:
    shown, _ = captures.picture(1, 1000)
    return captures.composer(shown, patient, 1, clinic_id=CLINIC, device_id=device_id, size_bytes=3_000)(1)
