"""A clinic of real processes in which a simulated trial is run: the chair's store, delivery, broker and collector.

Everything goes the way that it goes in a clinic: takes are kept in an instrument's store, words on them are said by the
chair's own functions, the instrument delivers, and the study is planned, allocated and unlocked by the collector's
command; what came of it is read on the study's page (:mod:`benchmarks.collector.trial_page`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from click.testing import CliRunner

from benchmarks.collector.ingestion_load import await_true
from benchmarks.collector.trial_patients import ARMS, BASELINE, DONOR, END_POINT, PLACEBO, TREATED, Patient
from benchmarks.collector.trial_pictures import Sitting, Take
from collector.commands import main
from contract import (
    Calibration,
    Capture,
    Decision,
    Edit,
    HairAdded,
    HairKind,
    HairRemoved,
    Picture,
    Verdict,
    new_message_id,
)
from device import SOFTWARE_VERSION, clock
from device.chair import reviewing
from device.chair.reviewing import Decided
from device.demo.clinic import CLINIC, DEVICE, Clinic
from device.outbox import Outbox
from device.settings import DeviceSettings
from device.store import Store
from groundwork.settings_file import read
from tests.free_ports import free_ports

STUDY, OTHERWISE = "TRIAL-1", "TRIAL-2"
"""The study, and a second one of the same patients in other arms: blinded, the two must look the same."""

_PERSON, _PASSWORD = "mk", "seven grey kettles whistle"
_FIRST_DAY, _BETWEEN = datetime(2026, 1, 7, 8, 0, tzinfo=UTC), timedelta(days=168)
_CALIBRATED = Calibration(
    um_per_px=5.3,
    standard_uncertainty_um_per_px=0.016,
    source="target",
    record_id=new_message_id(),
    made_at=_FIRST_DAY - timedelta(days=2),
    certificate_id="DG-100",
)
_DELIVERED_WITHIN_S = 900.0
_RESULTS_WITHIN_S = 120.0


@dataclass(frozen=True)
class Delivered:
    """Captures that an instrument sent; of these rejected and corrected ones; and those that the gate held back."""

    captures: int
    rejected: int
    corrected: int
    held: int


class TrialClinic:
    """A clinic with one instrument.

    Parameters
    ----------
    folder
        An existing folder.
    store_url
        Of the collector's database; None for SQLite.
    """

    def __init__(self, folder: Path, store_url: str | None = None) -> None:
        self._folder = folder
        (folder / "clinic").mkdir()
        self._clinic = Clinic(folder / "clinic", free_ports(), "mosquitto", seed=3)
        if store_url is not None:
            with self._clinic.collector_settings.open("a", encoding="utf-8") as settings:
                settings.write(f'\n[store]\nurl = "{store_url}"\n')

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run broker, collector and instrument for the length of the block."""
        with self._clinic.broker(), self._clinic.collector(), self._clinic.device():
            yield

    def plan(self, patients: Sequence[Patient]) -> None:
        """Plan both studies and enter the patients; in the second one each is in another arm."""
        arms = "".join(f'\n[[arms]]\ncode = "{arm.code}"\ntitle = "{arm.title}"\n' for arm in ARMS)
        codes = [arm.code for arm in ARMS]
        for code, shifted in ((STUDY, 0), (OTHERWISE, 1)):
            plan, listed = self._folder / f"{code}.toml", self._folder / f"{code}.csv"
            plan.write_text(
                f'study_code = "{code}"\ntitle = "A simulated trial"\nsites = ["{TREATED}"]\ndonor = "{DONOR}"\n'
                f"visits = [{BASELINE}, {END_POINT}]\nbaseline = {BASELINE}\nend_point = {END_POINT}\n"
                f'reference = "{PLACEBO.code}"\nsimulated = true\n{arms}',
                encoding="utf-8",
            )
            rows = [(one.code, codes[(codes.index(one.arm.code) + shifted) % len(codes)]) for one in patients]
            lines = ["patient_code,arm", *(f"{patient},{arm}" for patient, arm in rows)]
            listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
            self._command("study", "add", plan)
            self._command("study", "patients", listed, "--study", code)

    def deliver(self, sittings: Sequence[Sitting]) -> Delivered:
        """Keep all takes in the instrument's store, say what there is to say, and wait until the clinic has it all."""
        settings = read(DeviceSettings, self._clinic.device_settings)
        counts = dict.fromkeys(("captures", "rejected", "corrected", "held"), 0)
        with closing(Store(settings.state_folder)) as store:
            for number, sitting in enumerate(sorted(sittings, key=lambda one: one.visit)):
                for again, take in enumerate(sitting.takes):
                    said = _keep(store, settings, sitting, take, timedelta(minutes=5 * number + again))
                    for what in said:
                        counts[what] += 1
            outbox = Outbox(store)

            def has_all() -> bool:
                waiting = outbox.counts()
                return not (waiting.waiting_captures or waiting.waiting_pictures or waiting.waiting_others)

            await_true(has_all, "the clinic has confirmed everything", _DELIVERED_WITHIN_S)
        return Delivered(**counts)

    def unlock(self) -> None:
        """Unlock the study; the other one stays blinded."""
        self._command("study", "unlock", STUDY, "--reason", "The last patient was seen.", typed=STUDY)

    @contextmanager
    def monitor(self) -> Iterator[httpx.Client]:
        """Give a browser at which a study monitor has signed in, by a one-time link."""
        link = next(word for word in self._command("user", "add", _PERSON, "monitor").split() if "/first/" in word)
        with httpx.Client(base_url=link.partition("/first/")[0], timeout=60.0) as browser:
            browser.post(link, json={"password": _PASSWORD}).raise_for_status()
            yield browser

    def _command(self, *words: str | Path, typed: str = "") -> str:
        """Run a command of ``trichoscope-collector`` in this process: another would import for seconds each time."""
        given = [*map(str, words), "--settings", str(self._clinic.collector_settings)]
        done = CliRunner().invoke(main, given, input=f"{typed}\n")
        if done.exit_code:
            raise RuntimeError(f"{words[0]} {words[1]}: {done.output.strip()}") from done.exception
        return done.output


def page_of(browser: httpx.Client, path: str) -> str:
    """Return a page's HTML, white space made one."""
    answer = browser.get(path)
    answer.raise_for_status()
    return re.sub(r"\s+", " ", answer.text)


def without_what_passes(page: str) -> str:
    """Return a page without the study's code and the moment that it was asked for."""
    return re.sub(rf'data-since="\d+"|{STUDY}|{OTHERWISE}', "", page)


def results_page(browser: httpx.Client) -> str:
    """Return the study's page once its results are worked out."""
    page_of(browser, f"/studies/{STUDY}")  # the first look has them worked out
    await_true(
        lambda: bool(browser.get(f"/studies/{STUDY}/ready").json()["ready"]), "the results are there", _RESULTS_WITHIN_S
    )
    return page_of(browser, f"/studies/{STUDY}")


def _keep(store: Store, settings: DeviceSettings, sitting: Sitting, take: Take, since: timedelta) -> tuple[str, ...]:
    """Keep a take and what is said of it; return as what it counts."""
    picture = Picture(sha256=hashlib.sha256(take.file).hexdigest(), media_type="image/jpeg", size_bytes=len(take.file))
    taken_at = _FIRST_DAY + since + (sitting.visit - BASELINE) * _BETWEEN
    held = take.quality.verdict is Verdict.REFUSE

    def compose(sequence: int) -> Capture:
        return Capture(
            message_id=new_message_id(),
            clinic_id=CLINIC,
            device_id=DEVICE,
            boot_id=clock.boot_id(),
            sequence=sequence,
            created_at=clock.now(),
            clock_trusted=True,
            patient_code=sitting.head.patient_code,
            visit_number=sitting.visit,
            site=sitting.head.site,
            taken_at=taken_at,
            software_version=SOFTWARE_VERSION,
            camera="simulated",
            simulated=True,
            calibration=_CALIBRATED,
            quality=take.quality,
            picture=picture,
            measurement=take.measurement,
        )

    kept = store.keep(picture, take.file, compose, held=held)
    if held:
        return ("held",)
    if take.misplaced:
        reviewing.decide(store, settings, kept, Decided(Decision.REJECTED, _PERSON, "Not the place of the template."))
        return ("captures", "rejected")
    if take.to_correct and (edits := _edits(take)):
        reviewing.correct(store, kept, edits)
        return ("captures", "corrected")
    return ("captures",)


def _edits(take: Take) -> tuple[Edit, ...]:
    """Return corrections that bring the hairs to the true number: the least sure ones go, or missed ones come."""
    hairs, now = take.measurement.hairs, clock.now()
    if (too_many := len(hairs) - take.true_hairs) > 0:
        least_sure = sorted(range(len(hairs)), key=lambda place: hairs[place].probability)
        return tuple(HairRemoved(by=_PERSON, at=now, hair=place) for place in least_sure[:too_many])
    ways = take.missed[: -too_many or 0]
    return tuple(HairAdded(by=_PERSON, at=now, course_px=way, kind=HairKind.TERMINAL) for way in ways)
