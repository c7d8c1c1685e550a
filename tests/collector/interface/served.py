"""A clinic with something of everything, behind its interface alone: what is asked for comes with a token."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from collector.ingestion.decisions import Accepted, Kept
from collector.interface.admission import Pace
from collector.interface.application import ADDRESS, create_interface
from collector.people.roles import Role
from collector.people.tokens import Tokens
from collector.pictures.folder import PicturesInFolder
from collector.store import people
from collector.store.audit import Entry, Wanted, entries
from collector.store.store import Store
from collector.studies import conduct
from contract import Capture, Channel, Comparison, NoiseFloor, Site, Topic
from tests.collector.asgi import AsgiClient
from tests.collector.examples import CLINIC, DEVICE, NOW, health, status
from tests.collector.studies.examples import allocated, plan, trial
from tests.examples import (
    PICTURE_BYTES,
    added_hair,
    capture,
    compared,
    comparison,
    corrected_measurement,
    full_measurement,
    review_of,
    visit,
)

PATIENT, OTHER_PATIENT = "P-0042", "P-0043"
CAPTURE = UUID("0195f1a2-7f4e-7cc3-98c4-dc0c0c07398f")
"""Of the document's example."""

STUDY = "HAIR-2026"
UNHURRIED = Pace(per_s=1e6, at_once=1e6, strangers_per_s=1e6, strangers_at_once=1e6)

_TOPIC = Topic(CLINIC, DEVICE, Channel.CAPTURE)


class Served:
    """A store and pictures behind the interface.

    Parameters
    ----------
    folder
        For both.
    pace
        How often may be asked.
    """

    def __init__(self, folder: Path, pace: Pace = UNHURRIED) -> None:
        self.store = Store(folder / "collector.sqlite3")
        self.pictures = PicturesInFolder(folder / "pictures")
        interface = create_interface(self.store, self.pictures, pace)
        self.application = Starlette(routes=[Mount(ADDRESS, interface)])
        self.stranger = AsgiClient(self.application, base_url="http://127.0.0.1:8080")
        """Somebody without a token."""
        self._tokens: dict[tuple[Role, str], str] = {}

    def token(self, role: Role = Role.CLINICIAN, title: str = "practice system", days: int = 30) -> str:
        """Return a new token of a role's account."""
        with self.store.writing() as connection:
            if people.account_named(connection, role.value) is None:
                people.add_account(connection, uuid4(), role.value, role.value, datetime.now(UTC))
        return Tokens(self.store).make("admin", title, role.value, days)

    def holder(self, role: Role = Role.CLINICIAN, title: str = "practice system") -> AsgiClient:
        """Return somebody who brings a token with every request; the same one when asked again."""
        if (role, title) not in self._tokens:
            self._tokens[role, title] = self.token(role, title)
        headers = {"authorization": f"Bearer {self._tokens[role, title]}"}
        return AsgiClient(self.application, base_url="http://127.0.0.1:8080", headers=headers)

    def holds(self, *messages: Kept, at: datetime = NOW) -> None:
        """Store messages that came at a time."""
        self.store.store_batch([Accepted(_TOPIC, shown, shown.encode()) for shown in messages], at)

    def holds_picture(self) -> None:
        """Store the picture that all example captures name."""
        incoming = self.pictures.receive(hashlib.sha256(PICTURE_BYTES).hexdigest())
        incoming.write(PICTURE_BYTES)
        incoming.finish()

    def trail(self) -> list[Entry]:
        """Return what stands in the audit trail, the newest first."""
        with self.store.reading() as connection:
            return entries(connection, Wanted(action="read-by-token"), 1000)


def fill(served: Served) -> None:
    """Store something of everything that the interface gives out."""
    first = capture(message_id=CAPTURE, measurement=full_measurement())
    later = second_capture()
    donor = capture(site=Site.OCCIPITAL)
    edits = (added_hair(),)
    served.holds(first, later, donor, capture(patient_code=OTHER_PATIENT))
    served.holds(changed(first, later), visit())
    served.holds(review_of(first, edits=edits, corrected=corrected_measurement()))
    served.holds_picture()
    served.store.store_batch([status(), health()], NOW)
    of = plan()
    enrolled = allocated(12)
    conduct.add(served.store, of, "monitor")
    conduct.enter_patients(served.store, STUDY, enrolled, "monitor")
    served.holds(*trial(enrolled, of))


def second_capture() -> Capture:
    """Return a capture of the second visit."""
    return capture(visit_number=2, taken_at=datetime(2026, 9, 2, 9, 30, tzinfo=UTC), measurement=full_measurement())


def changed(first: Capture, later: Capture) -> Comparison:
    """Return a comparison whose instrument knew its noise."""
    shown = comparison(baseline=compared(first), followup=compared(later))
    floor = NoiseFloor(
        figure="hair_density_per_cm2",
        difference="matched",
        source="burst",
        difference_sd=2.0,
        degrees=30,
        subjects=10,
    )
    interval = {"value": 12.0, "low": 7.0, "high": 17.0}
    change = shown.change.model_validate(shown.change.model_dump() | {"density_change_per_cm2": interval})
    return shown.model_copy(update={"change": change, "noise_floors": (floor,)})


def json_of(answer: httpx.Response) -> dict[str, object]:
    """Return the JSON of an answer that was given."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, object] = answer.json()
    return found


def a_while_ago(seconds: float) -> datetime:
    """Return a time before now, in milliseconds as the store keeps it."""
    moment = datetime.now(UTC) - timedelta(seconds=seconds)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
