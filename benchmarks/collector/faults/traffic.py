"""What the instruments of a scenario keep: captures, comparisons, visits and reviews, now and then many; and poison."""

from __future__ import annotations

import json
import random
import time
from datetime import timedelta
from functools import partial
from uuid import UUID

from benchmarks.collector.instruments import Instrument, Instruments, Sent
from benchmarks.delivery.captures import composer, picture
from contract import (
    Capture,
    Change,
    Channel,
    ComparedCapture,
    Comparison,
    Decision,
    Health,
    Picture,
    Review,
    Site,
    Status,
    Topic,
    Visit,
    content_sha256,
    new_message_id,
)
from contract.status import Presence
from device.demo.clinic import CLINIC

NAMES = ("light-1", "light-2", "light-3")
"""The instruments without cameras; the real one has the demonstration's name."""
PATIENTS_OF_ONE = 12
_PAUSE_S = (0.02, 0.12)
_MANY_SHARE, _MANY = 0.04, 25
_OTHER_SHARE = 0.3
_REPEATED = 30
_SITES = (Site.FRONTAL, Site.OCCIPITAL)


def patient_code(instrument: int, patient: int) -> str:
    """Return a patient's code: each instrument has its own patients, as each chair at a time."""
    return f"P-{100 * (instrument + 1) + patient:04d}"


class Traffic:
    """Keeps message after message at the instruments, at random times drawn from a number.

    Parameters
    ----------
    instruments : Instruments
    seed : int
    """

    def __init__(self, instruments: Instruments, seed: int) -> None:
        self.poison: set[str] = set()
        """The digests of what may lie in quarantine."""
        self.erased: str | None = None
        self._instruments = instruments
        self._chance = random.Random(f"traffic {seed}")  # noqa: S311  drawn anew by its number
        self._due_s = [0.0 for _ in instruments.all]
        self._last: dict[str, Capture] = {}
        self._sequence = 0
        self._shown, _ = picture(seed, 5_000)

    def keep_due(self, now_s: float) -> None:
        """Keep what is due at each instrument."""
        for place, instrument in enumerate(self._instruments.all):
            if now_s < self._due_s[place]:
                continue
            self._due_s[place] = now_s + self._chance.uniform(*_PAUSE_S)
            for _ in range(_MANY if self._chance.random() < _MANY_SHARE else 1):
                self._keep(instrument, self._message(place, self._chance.randrange(PATIENTS_OF_ONE)))
            if self._chance.random() < _OTHER_SHARE:
                self._say(instrument, self._word(instrument))

    def keep_of(self, code: str) -> None:
        """Keep one more message of a patient."""
        instrument, patient = divmod(int(code.removeprefix("P-")), 100)
        self._keep(self._instruments.all[instrument - 1], self._message(instrument - 1, patient))

    def stored(self) -> list[tuple[Instrument, Sent]]:
        """Return what the instruments know to be stored."""
        return [(one, sent) for one in self._instruments.all for sent in list(one.kept.values()) if sent.stored]

    def send_again(self) -> int:
        """Send some of what is stored again, all at once; return how many."""
        stored = self.stored()
        again = self._chance.sample(stored, min(_REPEATED, len(stored)))
        for instrument, sent in again:
            self._instruments.do(partial(instrument.send_again, sent))
        return len(again)

    def spoil(self) -> None:
        """Send what must not be stored: unreadable, against the contract, and another content under a stored id."""
        instrument = self._chance.choice(self._instruments.all)
        capture = json.loads(_capture(instrument.device_id, "P-9999", 1, self._shown).encode())
        own = Topic(CLINIC, instrument.device_id, Channel.CAPTURE)
        noise = self._chance.randbytes(200)
        for payload in (b"", b"{", b"\xff\xfe" + noise, b"[" * 5_000, json.dumps({"message_id": "?" * 100}).encode()):
            self._poison(instrument, own, payload)
        self._poison(instrument, Topic(CLINIC, instrument.device_id, Channel.HEALTH), noise)
        for changed in ({"visit_number": -1}, {"device_id": "another"}, {"patient_code": "a\u0000b"}):
            again = capture | changed | {"message_id": str(new_message_id())}
            self._poison(instrument, own, json.dumps(again).encode(), again["message_id"])
        stored = [sent for one, sent in self.stored() if one is instrument and sent.topic == str(own)]
        for sent in self._chance.sample(stored, min(2, len(stored))):
            altered = json.loads(sent.payload) | {"visit_number": 9}
            self._poison(instrument, own, json.dumps(altered).encode(), sent.message_id)

    def _poison(self, instrument: Instrument, topic: Topic, payload: bytes, message_id: str | None = None) -> None:
        self.poison.add(content_sha256(payload))
        # Under a patient of its own each: what is refused holds nothing up here.
        key = message_id or str(new_message_id())
        sent = Sent(key, f"poison {key}", str(topic), payload, time.monotonic(), certain=message_id is not None)
        self._instruments.do(partial(instrument.keep, sent))

    def _keep(self, instrument: Instrument, message: Capture | Comparison | Visit | Review) -> None:
        channels = {Capture: Channel.CAPTURE, Comparison: Channel.CHANGE, Visit: Channel.VISIT, Review: Channel.REVIEW}
        topic = str(Topic(CLINIC, instrument.device_id, channels[type(message)]))
        sent = Sent(str(message.message_id), message.patient_code, topic, message.encode(), time.monotonic())
        self._instruments.do(partial(instrument.keep, sent))

    def _say(self, instrument: Instrument, word: Status | Health) -> None:
        channel = Channel.STATUS if isinstance(word, Status) else Channel.HEALTH
        topic = str(Topic(CLINIC, instrument.device_id, channel))
        sent = Sent(str(word.message_id), "", topic, word.encode(), time.monotonic(), certain=False)
        self._instruments.do(partial(instrument.keep, sent))

    def _message(self, place: int, patient: int) -> Capture | Comparison | Visit | Review:
        code, device = patient_code(place, patient), NAMES[place]
        self._sequence += 1
        of = self._last.get(code)
        if of is None or self._chance.random() > _OTHER_SHARE:
            capture = _capture(device, code, self._sequence, self._shown)
            # Not in the order of their coming: the list of patients keeps the latest all the same.
            taken_at = capture.taken_at + timedelta(minutes=self._chance.randrange(100_000))
            self._last[code] = capture.model_copy(
                update={
                    "taken_at": taken_at,
                    "site": self._chance.choice(_SITES),
                    "visit_number": self._chance.randint(1, 3),
                }
            )
            return self._last[code]
        return self._chance.choice((_comparison, _visit, _review))(of, self._sequence)

    def _word(self, instrument: Instrument) -> Status | Health:
        self._sequence += 1
        word = _envelope(next(iter(self._last.values())), self._sequence) | {"device_id": instrument.device_id}
        if self._chance.random() < 0.5:
            return Status.model_validate(
                word | {"presence": Presence.ONLINE, "software_version": "0.1.0", "simulated": True}
            )
        counts = dict.fromkeys(("waiting_captures", "waiting_pictures", "refused_captures", "free_disk_bytes"), 3)
        return Health.model_validate(word | counts)


def _capture(device: str, code: str, sequence: int, shown: Picture) -> Capture:
    made = composer(shown, 0, 1, clinic_id=CLINIC, device_id=device)(sequence)
    return made.model_copy(update={"patient_code": code})


def _comparison(of: Capture, sequence: int) -> Comparison:
    followup = ComparedCapture(message_id=of.message_id, device_id=of.device_id, visit_number=2, taken_at=of.taken_at)
    return Comparison.model_validate(
        _envelope(of, sequence)
        | {
            "site": of.site,
            "baseline": followup.model_copy(update={"message_id": new_message_id(), "visit_number": 1}),
            "followup": followup,
            "change": Change(same_place=0.99, matched=140, new=6, lost=3),
        }
    )


def _visit(of: Capture, sequence: int) -> Visit:
    seen = {"visit_number": of.visit_number, "visit_date": of.taken_at.date(), "protocol": _SITES, "taken": (of.site,)}
    return Visit.model_validate(_envelope(of, sequence) | seen)


def _review(of: Capture, sequence: int) -> Review:
    word = {"visit_number": of.visit_number, "site": of.site, "capture_id": of.message_id}
    return Review.model_validate(_envelope(of, sequence) | word | {"decision": Decision.ACCEPTED, "decided_by": "mk"})


def _envelope(of: Capture, sequence: int) -> dict[str, object]:
    return {
        "message_id": new_message_id(),
        "clinic_id": of.clinic_id,
        "device_id": of.device_id,
        "boot_id": UUID(int=7),
        "sequence": sequence,
        "created_at": of.created_at,
        "clock_trusted": True,
        "patient_code": of.patient_code,
        "software_version": of.software_version,
    }
