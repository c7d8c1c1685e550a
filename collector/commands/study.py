"""``trichoscope-collector study``."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from collector.commands.options import Fault, settings_option
from collector.opening import CannotOpen, open_store
from collector.settings import CollectorSettings
from collector.store import studies
from collector.store.store import Store
from collector.store.stored import StoreFailed
from collector.studies import conduct
from collector.studies.allocation import AllocationRefused, read_file
from collector.studies.plan import PlanRefused, read_plan
from collector.studies.study import StudyRefused
from groundwork.settings_file import SettingsFileError, read

_BY = "command line"
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def study() -> None:
    """Plan studies, enter their patients, list and unlock them."""


@study.command()
@click.argument("file", type=_FILE)
@settings_option
def add(*, file: Path, settings: Path) -> None:
    """Keep the plan of a study: FILE.toml with study_code, title, sites, visits, baseline, end_point, arms, reference.

    A plan is never changed afterwards.
    """
    with _store(settings) as store:
        plan = read_plan(file)
        conduct.add(store, plan, _BY)
    click.echo(f"{plan.study_code}: planned. Enter its patients with 'trichoscope-collector study patients'.")


@study.command("patients")
@click.argument("file", type=_FILE)
@click.option("--study", "study_code", required=True, help="The study's code.")
@settings_option
def enter_patients(*, file: Path, study_code: str, settings: Path) -> None:
    """Enter patients into a study: FILE.csv with patient_code and arm. Codes only; all of them, or none.

    A patient's arm is never changed afterwards, and shown to nobody before the study is unlocked: keep the file away
    from those who are to be blinded.
    """
    with _store(settings) as store:
        with store.reading() as connection:
            plan = studies.of_code(connection, study_code).plan
        allocated = read_file(file, plan)
        conduct.enter_patients(store, study_code, allocated, _BY)
    click.echo(f"{study_code}: {len(allocated)} patients entered.")


@study.command("list")
@settings_option
def list_studies(*, settings: Path) -> None:
    """List all studies, the newest first."""
    with _store(settings) as store, store.reading() as connection:
        known = studies.known(connection)
    for one in known:
        state = "blinded" if one.is_blinded else f"unlocked by {one.unlocked_by}"
        click.echo(f"{one.plan.study_code}  {one.patients} patients, {state}: {one.plan.title}")
    if not known:
        click.echo("No study is planned yet.")


@study.command()
@click.argument("study_code", metavar="CODE")
@click.option("--reason", required=True, help="Why now; kept in the audit trail.")
@settings_option
def unlock(*, study_code: str, reason: str, settings: Path) -> None:
    """Unlock the study CODE for good: who was in which arm is then shown to all who may see studies.

    Asks for the code once more.
    """
    with _store(settings) as store:
        with store.reading() as connection:
            studies.of_code(connection, study_code)
        typed = click.prompt("Unlocking cannot be undone. Type the study's code again", type=str)
        conduct.unlock(store, study_code, typed, reason, _BY)
    click.echo(f"{study_code}: unlocked.")


@contextmanager
def _store(settings: Path) -> Iterator[Store]:
    """Give the store of the collector that has these settings, and tell faults as such."""
    try:
        known = read(CollectorSettings, settings)
        with closing(open_store(known)) as store:
            yield store
    except AllocationRefused as refused:
        raise Fault("\n".join(("Nobody was entered.", *refused.faults))) from refused
    except (SettingsFileError, CannotOpen, PlanRefused, StudyRefused) as error:
        raise Fault(str(error)) from error
    except StoreFailed as error:
        raise Fault(f"Nothing was changed: {error}. Check the disk, and try again.") from error
    except OSError as error:
        raise Fault(f"{error.filename or 'The file'} cannot be read ({error.strerror}).") from error
