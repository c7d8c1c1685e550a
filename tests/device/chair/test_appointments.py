"""Visits at the chair: what is open, what a site's state is, what the record says."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract import (
    DONOR_CONTROL,
    PROTOCOL,
    Capture,
    Decision,
    Picture,
    Quality,
    Site,
    SkippedSite,
    Verdict,
    new_message_id,
)
from device.chair.appointments import (
    SiteState,
    begin,
    end,
    keep_record,
    next_visit_number,
    open_visits,
    require_open,
    standing,
)
from device.chair.refusals import ChairRefused
from device.chair.reviewing import Decided, decide
from device.settings import DeviceSettings
from device.sites import Said
from device.store import Store
from groundwork.settings_file import read
from tests import examples
from tests.device.page.chair_fixture import write_settings

PATIENT = "P-0042"


@pytest.fixture
def settings(tmp_path: Path) -> DeviceSettings:
    """Give the settings of an instrument."""
    return read(DeviceSettings, write_settings(tmp_path))


@pytest.fixture
def store(settings: DeviceSettings) -> Iterator[Store]:
    """Open its store."""
    opened = Store(settings.state_folder)
    yield opened
    opened.close()


def picture_of(content: bytes) -> Picture:
    """Name a picture's bytes."""
    return Picture(sha256=hashlib.sha256(content).hexdigest(), media_type="image/png", size_bytes=len(content))


def keep(store: Store, site: Site, verdict: Verdict = Verdict.PASS, visit: int = 1) -> Capture:
    """Keep a capture."""
    content = new_message_id().bytes
    picture = picture_of(content)
    made = examples.capture(
        message_id=new_message_id(), site=site, quality=Quality(verdict=verdict), picture=picture, visit_number=visit
    )
    held = verdict is Verdict.REFUSE
    return store.keep(picture, content, lambda sequence: made.model_copy(update={"sequence": sequence}), held=held)


def test_a_visit_is_open_from_its_beginning_to_its_end(store: Store) -> None:
    """Breaks when a restarted instrument does not know whom it was taking."""
    begin(store, PATIENT, 1, "mk")
    begin(store, "P-0043", 2, "jo")
    assert {(one.patient_code, one.visit_number, one.by) for one in open_visits(store)} == {
        (PATIENT, 1, "mk"),
        ("P-0043", 2, "jo"),
    }
    end(store, PATIENT, 1)
    assert [one.patient_code for one in open_visits(store)] == ["P-0043"]
    with pytest.raises(ChairRefused, match="not open"):
        require_open(store, PATIENT, 1)
    begin(store, PATIENT, 1, "jo")
    assert require_open(store, PATIENT, 1).by == "jo"


def test_the_number_proposed_is_the_open_visits_or_the_next(store: Store) -> None:
    """Breaks when a technician is led to file a follow-up under the visit before."""
    assert next_visit_number(store, PATIENT) == 1
    keep(store, Site.VERTEX, visit=3)
    assert next_visit_number(store, PATIENT) == 4
    begin(store, PATIENT, 2, "mk")
    assert next_visit_number(store, PATIENT) == 2


def test_sites_stand_as_their_last_take_that_counts(store: Store, settings: DeviceSettings) -> None:
    """Breaks when the head map shows a refused or rejected site as done, or one that is retaken as not."""

    def state(site: Site) -> SiteState:
        return standing(store, settings, PATIENT, 1).site(site).state

    assert {state(site) for site in PROTOCOL} == {SiteState.DUE}
    keep(store, Site.VERTEX, Verdict.REFUSE)
    assert state(Site.VERTEX) is SiteState.WARN
    assert Site.VERTEX in standing(store, settings, PATIENT, 1).missing
    warned = keep(store, Site.VERTEX, Verdict.WARN)
    assert state(Site.VERTEX) is SiteState.WARN
    assert Site.VERTEX not in standing(store, settings, PATIENT, 1).missing
    passed = keep(store, Site.VERTEX)
    assert state(Site.VERTEX) is SiteState.DONE
    decide(store, settings, passed, Decided(Decision.REJECTED, "mk", "The wrong patient's head."))
    assert standing(store, settings, PATIENT, 1).site(Site.VERTEX).capture == warned
    decide(store, settings, warned, Decided(Decision.REJECTED, "mk", "Blurred."))
    assert Site.VERTEX in standing(store, settings, PATIENT, 1).missing
    decide(store, settings, passed, Decided(Decision.ACCEPTED, "mk"))
    assert standing(store, settings, PATIENT, 1).site(Site.VERTEX).capture == passed


def test_a_site_left_out_is_not_missing_until_it_is_taken(store: Store, settings: DeviceSettings) -> None:
    """Breaks when a site that was left out with a reason is asked for again at the visit's end."""
    skip = SkippedSite(site=DONOR_CONTROL, reason="A wound.")
    keep_record(store, settings, PATIENT, 1, Said(skipped=(skip,)))
    shown = standing(store, settings, PATIENT, 1)
    assert shown.site(DONOR_CONTROL).state is SiteState.LEFT_OUT
    assert shown.site(DONOR_CONTROL).skipped == skip
    assert DONOR_CONTROL not in shown.missing
    keep(store, Site.OCCIPITAL)
    assert standing(store, settings, PATIENT, 1).site(DONOR_CONTROL).state is SiteState.DONE


def test_the_record_is_kept_once_for_what_it_says(store: Store, settings: DeviceSettings) -> None:
    """Breaks when each look at a visit sends its record again, or a rejected picture stays in it."""
    capture = keep(store, Site.VERTEX)
    for _ in range(3):
        record = keep_record(store, settings, PATIENT, 1, Said())
    assert record.taken == (Site.VERTEX,)
    records = "SELECT count(*) FROM message WHERE channel = 'visit'"
    assert store.connection.execute(records).fetchone() == (1,)
    decide(store, settings, capture, Decided(Decision.REJECTED, "mk", "Blurred."))
    assert keep_record(store, settings, PATIENT, 1, Said()).taken == ()
    assert store.connection.execute(records).fetchone() == (2,)


def test_a_site_beside_the_protocol_is_shown_too(store: Store, settings: DeviceSettings) -> None:
    """Breaks when a scar that was photographed beside the protocol disappears from the visit."""
    shown = standing(store, settings, PATIENT, 1)
    assert tuple(one.site for one in shown.sites) == settings.visits.protocol
    content = b"one"
    picture = picture_of(content)
    beside = examples.capture(message_id=new_message_id(), site="g120-l35", picture=picture)
    store.keep(picture, content, lambda sequence: beside.model_copy(update={"sequence": sequence}))
    shown = standing(store, settings, PATIENT, 1)
    assert shown.sites[-1].site == "g120-l35"
    decide(store, settings, store.capture(beside.message_id), Decided(Decision.REJECTED, "mk", "The wrong place."))
    missing = standing(store, settings, PATIENT, 1).missing
    assert "g120-l35" not in missing, "nobody has to take a place again that the protocol does not ask for"
