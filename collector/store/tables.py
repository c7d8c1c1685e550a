"""The tables, as the newest format has them; :mod:`collector.store.migrations` makes them, from the first format on.

*Facts* are what instruments sent and people said of it: added, and never changed or deleted but by the erasure of a
patient. What else is here is the newest word of a device, what people are and do at the clinic, and what a study is.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

from collector.store.types import COUNT, CalendarDay, Identifier, Moment

metadata = MetaData()


def _fact(name: str, *own: Column[object] | Index) -> Table:
    return Table(
        name,
        metadata,
        Column("message_id", Identifier, primary_key=True),
        Column("content_sha256", Text, nullable=False),
        Column("clinic_id", Text, nullable=False),
        Column("device_id", Text, nullable=False),
        Column("patient_code", Text, nullable=False),
        Column("received_at", Moment, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        *own,
    )


captures = _fact(
    "captures",
    Column("visit_number", Integer, nullable=False),
    Column("site", Text, nullable=False),
    Column("taken_at", Moment, nullable=False),
    Index("captures_of_patient", "patient_code", "visit_number", "taken_at"),
    Index("captures_of_site", "patient_code", "site"),
    # Of the payload, what lists and studies are made of; `summary` is the whole message without its lists of hairs.
    Column("picture_sha256", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("figures", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Index("captures_of_picture", "picture_sha256"),
    Index("captures_of_device", "device_id", "received_at"),
    Index("captures_by_arrival", "received_at", "message_id"),
)

comparisons = _fact(
    "comparisons",
    Column("site", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Index("comparisons_of_site", "patient_code", "site"),
)

visits = _fact(
    "visits",
    Column("visit_number", Integer, nullable=False),
    Index("visits_of_patient", "patient_code", "visit_number"),
)

reviews = _fact(
    "reviews",
    Column("visit_number", Integer, nullable=False),
    Column("site", Text, nullable=False),
    Column("capture_id", Identifier, nullable=False),
    Column("sequence", COUNT, nullable=False),
    # Of the payload: what was decided, None where nothing was; and the figures by the corrected hairs, where they were.
    Column("decision", Text),
    Column("figures", Text),
    Index("reviews_of_capture", "capture_id"),
    Index("reviews_of_site", "patient_code", "site"),
)

FACTS = (captures, comparisons, visits, reviews)
"""What is stored for good, each by its id."""

patients = Table(
    "patients",
    metadata,
    Column("patient_code", Text, primary_key=True),
    # Kept, though the captures tell it: a list by it would read them all.
    Column("last_taken_at", Moment, nullable=False),
    Index("patients_by_last_taken", "last_taken_at", "patient_code"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("content_sha256", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Index("quarantine_by_arrival", "received_at"),
)

devices = Table(
    "devices",
    metadata,
    Column("device_id", Text, primary_key=True),
    Column("seen_at", Moment, nullable=False),
    Column("status", Text),
    Column("health", Text),
)

alarms = Table(
    "alarms",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("device_id", Text, primary_key=True),  # as its certificate or topic names it; '' where nobody is named
    Column("subject", Text, primary_key=True),  # the picture's or message's name that was claimed
    Column("found_sha256", Text, primary_key=True),
    Column("size_bytes", COUNT, nullable=False),
    Column("reason", Text, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("times", COUNT, nullable=False),
    Index("alarms_of_device", "device_id", "last_at"),
)

alarms_dropped = Table(
    "alarms_dropped",
    metadata,
    Column("device_id", Text, primary_key=True),
    Column("times", COUNT, nullable=False),
)

day_lists = Table(
    "day_lists",
    metadata,
    Column("device_id", Text, primary_key=True),
    Column("day", CalendarDay, primary_key=True),
    Column("payload", LargeBinary, nullable=False),
)

erasures = Table(
    "erasures",
    metadata,
    Column("erasure_id", Identifier, primary_key=True),
    Column("patient_code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("begun_at", Moment, nullable=False),
    # None while it is going on: only then may this patient's facts be deleted.
    Column("done_at", Moment),
    Column("removed", Text),  # how many of what, as JSON
    Index("erasures_of_patient", "patient_code"),
)

erased_pictures = Table(
    "erased_pictures",
    metadata,
    Column("sha256", Text, primary_key=True),  # whose it was is not kept
    # None until it was seen to be gone from the place for pictures.
    Column("removed_at", Moment),
)

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", Identifier, primary_key=True),
    Column("name", Text, nullable=False, unique=True),  # a code, as technicians have; never a person's name
    Column("role", Text, nullable=False),
    Column("password_hash", Text),  # None until it is set by a one-time link
    Column("language", Text),
    Column("created_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("wrong_tries", Integer, nullable=False),
    Column("locked_until", Moment),
)

one_time_links = Table(
    "one_time_links",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("account_id", Identifier, ForeignKey("accounts.account_id"), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("account_id", Identifier, ForeignKey("accounts.account_id"), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Index("sessions_of_account", "account_id"),
)

interface_tokens = Table(
    "interface_tokens",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("account_id", Identifier, ForeignKey("accounts.account_id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

audit_trail = Table(
    "audit_trail",
    metadata,
    Column("entry_id", Identifier, primary_key=True),  # UUIDv7: in the order of time
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),  # an account's name, a token's title, or the command line
    Column("action", Text, nullable=False),
    Column("patient_code", Text),
    Column("subject", Text),  # what else it was done to: a capture, a device, a study, an account
    Column("detail", Text),
    Index("audit_of_patient", "patient_code", "entry_id"),
    Index("audit_by_person", "by", "entry_id"),
    Index("audit_by_action", "action", "entry_id"),
)

studies = Table(
    "studies",
    metadata,
    Column("study_code", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("plan", Text, nullable=False),  # sites, visits, figure, reference arm, as JSON
    Column("created_at", Moment, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("unblinded_at", Moment),
    Column("unblinded_by", Text),
)

study_patients = Table(
    "study_patients",
    metadata,
    Column("study_code", Text, ForeignKey("studies.study_code"), primary_key=True),
    Column("patient_code", Text, primary_key=True),
    Column("arm", Text, nullable=False),
    Index("studies_of_patient", "patient_code"),
)
