"""A clinic with something of all that its pages show: patients, devices that need a look, quarantine, studies."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from collector.ingestion.decisions import Accepted, Quarantined
from collector.people.accounts import Accounts
from collector.people.one_time_links import PATH
from collector.people.roles import Role
from collector.store import alarms
from collector.store.alarms import Alarm, AlarmKind
from collector.studies import conduct
from contract import (
    Calibration,
    Channel,
    Decision,
    Quality,
    Repeatability,
    Site,
    SkippedSite,
    Topic,
    Verdict,
    new_message_id,
)
from contract.capture import Check
from contract.change import NoiseFloor
from tests.collector.examples import CLINIC, NOW, health, status
from tests.collector.page_clinic import Clinic
from tests.collector.report_series import capture_at, comparison_of, hold, hold_pictures, still, whole_series
from tests.collector.studies.examples import CODE, allocated, plan, trial
from tests.examples import added_hair, capture, corrected_measurement, full_measurement, review_of, visit

OPEN_STUDY = "HAIR-2027"
HELD_TOPIC = f"trichoscope/1/{CLINIC}/chair-1/capture"
_FLOORS = (
    NoiseFloor(
        figure="hair_density_per_cm2", difference="matched", source="donor", difference_sd=1.6, degrees=24, subjects=12
    ),
    NoiseFloor(
        figure="hair_density_per_cm2", difference="counted", source="donor", difference_sd=7.0, degrees=24, subjects=12
    ),
)


def fill(clinic: Clinic) -> UUID:
    """Store something of everything; return the capture of which most is known."""
    patients_site(clinic)
    shown = capture_of_which_all_is_known(clinic)
    devices(clinic)
    quarantine(clinic)
    studies(clinic)
    Accounts(clinic.store).add("administrator", "tech-3", Role.TECHNICIAN)
    return shown


def first_link(clinic: Clinic) -> str:
    """Return the address at which a new account sets its password."""
    return PATH + Accounts(clinic.store).add("administrator", "tech-4", Role.TECHNICIAN)


def patients_site(clinic: Clinic) -> None:
    """Store a patient's visits: site and donor control compared, one left out, one rejected, raters' opinions."""
    whole_series(clinic, noise_floors=_FLOORS)
    others = [capture_at(number, Site.FRONTAL) for number in (1, 2)]
    hold_pictures(clinic, *others)
    by_landmarks = capture_at(1, "g120-l35")
    rejected = capture_at(1, Site.MID_SCALP)
    hold(
        clinic,
        *others,
        comparison_of(others[0], others[1], still()),
        by_landmarks,
        rejected,
        review_of(rejected, decision=Decision.REJECTED, reason="Haut zu nass"),
        visit(
            protocol=(Site.FRONTAL, Site.VERTEX, Site.MID_SCALP, Site.TEMPORAL_LEFT, Site.OCCIPITAL),
            taken=(Site.FRONTAL, Site.VERTEX, Site.MID_SCALP, Site.OCCIPITAL),
            skipped=(SkippedSite(site=Site.TEMPORAL_LEFT, reason="Wunde"),),
            ratings=({"scale": "sinclair", "grade": "2", "rater": "ab"},),
        ),
        visit(visit_number=2, visit_date=date(2026, 9, 2), sequence=5),
    )


def capture_of_which_all_is_known(clinic: Clinic) -> UUID:
    """Store a third visit with another lens, warnings, a calibration's record, a burst and corrections."""
    checks = (
        Check(name="sharpness", value=11.42, unit="um", verdict=Verdict.PASS),
        Check(name="tilt", value=2.5, unit="deg", verdict=Verdict.WARN),
        Check(name="mark", value=None, unit="mm", verdict=Verdict.WARN),
    )
    reasons = ("Only 0.31 of 0.80 cm2 are left to count in.", "Tilted by 2.5 degrees.")
    shown = capture_at(
        3,
        Site.VERTEX,
        measurement=full_measurement(flags=("blur-estimated", "few-diameters", "long-hair")),
        camera="imx477",
        lens="l2",
        light="cross",
        exposure_us=8300,
        analogue_gain=1.5,
        clock_trusted=False,
        simulated=True,
        quality=Quality(verdict=Verdict.WARN, reasons=reasons, checks=checks),
        calibration=Calibration(
            um_per_px=5.301,
            standard_uncertainty_um_per_px=0.002,
            source="target",
            record_id=new_message_id(),
            made_at=NOW,
            certificate_id="DG-0815",
            due="There is no calibration. Calibrate before the next patient.",
        ),
        repeatability=Repeatability(
            stills=3, hair_density_sd_per_cm2=1.24, mean_diameter_sd_um=0.41, noise_share=0.005
        ),
    )
    said = review_of(shown, edits=(added_hair(),), corrected=corrected_measurement())
    hold(clinic, shown, said)
    return shown.message_id


def devices(clinic: Clinic) -> None:
    """Store what instruments say: one in order, one with all that can be the matter, one that is gone."""
    now = datetime.now(UTC)
    much = {
        "waiting_captures": 3,
        "waiting_pictures": 5,
        "waiting_others": 4,
        "refused_captures": 2,
        "oldest_waiting_at": now - timedelta(days=9),
        "room_captures": 17,
        "lights": ("cross", "parallel"),
        "triggers": (),
        "certificate_expires_at": now + timedelta(days=3),
        "calibration_made_at": now - timedelta(days=21),
        "calibration_due": "There is no calibration. Calibrate before the next patient.",
        "camera_trouble": "The camera is not open. Restart the instrument's service.",
        "clock_trusted": False,
    }
    away = now - timedelta(days=60)
    messages = (
        status(created_at=now, simulated=True),
        health(created_at=now, **much),
        status(device_id="chair-2", created_at=now, software_version="0.2.0"),
        health(device_id="chair-2", created_at=now, room_captures=5000, calibration_made_at=now - timedelta(days=1)),
        status(device_id="chair-3", created_at=away, presence="offline"),
    )
    for one in messages:
        clinic.store.store_batch([one], one.created_at)
    refused = Quality(verdict=Verdict.REFUSE, reasons=("The picture is shaken.",))
    for patient_code in ("P-0101", "P-0102"):
        taken = capture(patient_code=patient_code, quality=refused, created_at=now, taken_at=now)
        clinic.store.store_batch([Accepted(Topic(CLINIC, "chair-1", Channel.CAPTURE), taken, taken.encode())], now)
    with clinic.store.writing() as connection:
        for kind in AlarmKind:
            raised = Alarm(kind, "chair-1", "a" * 64, "b" * 64, 2048, "The body is neither a JPEG nor a PNG file.")
            alarms.write(connection, raised, now)


def quarantine(clinic: Clinic) -> None:
    """Store messages that could not be taken."""
    reasons = (
        "The topic is none of the contract's.",
        "The message has 400000 bytes; 262144 are allowed.",
        "The message names another device than its topic.",
    )
    held = [Quarantined(HELD_TOPIC, bytes([at]) * 40, reason) for at, reason in enumerate(reasons)]
    clinic.store.store_batch(held, NOW)


def studies(clinic: Clinic) -> None:
    """Store a study that is blinded, and one that is unlocked, of the same patients."""
    people = allocated(18)
    clinic.holds(*trial(people, plan(), seed=11, leave=0.2))
    for code in (CODE, OPEN_STUDY):
        conduct.add(clinic.store, plan(study_code=code), "mk")
        conduct.enter_patients(clinic.store, code, people, "mk")
    conduct.unlock(clinic.store, OPEN_STUDY, OPEN_STUDY, "letzter Patient fertig", "mk")
