"""``trichoscope-collector restore``."""

from pathlib import Path

import click

from collector.commands.long_work import shown_progress, whoever_asks
from collector.commands.options import Fault
from collector.opening import CannotOpen, open_pictures
from collector.operation import restoring
from collector.operation.as_it_is import place_of
from collector.operation.backup_manifest import NoBackup
from collector.operation.restoring import BackupDamaged, NotRestored
from collector.pictures.pictures import PicturesAway
from collector.settings import CollectorSettings
from collector.store.database import StoreUnusable
from collector.store.postgresql_programs import ProgramFailed
from collector.store.stored import StoreFailed
from groundwork.settings_file import SettingsFileError, read

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--from",
    "backup",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that 'backup' wrote.",
)
@click.option("--into", type=_FILE, help="Settings of a collector that has no store yet: it is made.")
@click.option("--verify", is_flag=True, help="Restore into a temporary place, compare everything, and remove it again.")
@click.option("--settings", type=_FILE, help="With --verify, for PostgreSQL: on whose server it is tried.")
def restore(*, backup: Path, into: Path | None, verify: bool, settings: Path | None) -> None:
    """Bring a back-up back, or prove that it could be. Exit code 1 says that the back-up is damaged.

    The collector must not run meanwhile. What is there already is never written over. Patients who were erased after
    the back-up was made are in it: erase them again.
    """
    if (into is None) == (not verify):
        raise Fault("Give either --verify, or --into with the settings of the collector that shall have it.")
    try:
        with shown_progress() as progress:
            if into is None:
                place, password = (None, None) if settings is None else place_of(read(CollectorSettings, settings))
                url = place if isinstance(place, str) else None
                manifest = restoring.verify(backup, url, password, progress)
            else:
                known = read(CollectorSettings, into)
                target, password = place_of(known)
                pictures = open_pictures(known)
                done = restoring.restore(backup, target, pictures, whoever_asks(), password=password, progress=progress)
    except BackupDamaged as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from error
    except (SettingsFileError, CannotOpen, NoBackup, NotRestored, ProgramFailed, StoreUnusable) as error:
        raise Fault(str(error)) from error
    except (StoreFailed, PicturesAway, OSError) as error:
        raise Fault(f"It was not restored: {error}. Mend that, and give the same command again.") from error
    if into is None:
        click.echo(
            f"{backup} can be brought back: {manifest.counts['captures']} captures as of"
            f" {manifest.begun_at:%Y-%m-%d %H:%M:%S} UTC, {manifest.pictures_number} pictures {manifest.pictures}"
        )
        return
    click.echo(
        f"restored {done.manifest.counts['captures']} captures as of {done.manifest.begun_at:%Y-%m-%d %H:%M:%S} UTC and"
        f" {done.pictures} pictures; erase again who was erased since then.\n"
        "Accounts that were closed"
        " since then are open again:"
        " close them on the page. Everybody signs in anew; links and interface tokens are made anew."
    )
    if done.rotten:
        named = ", ".join(one[:12] for one in done.rotten[:5])
        click.echo(
            f"{len(done.rotten)} pictures are missing from the back-up or altered there: {named}. Take them from"
            " another back-up; 'check' names them all",
            err=True,
        )
    if done.absent:
        click.echo(f"{len(done.absent)} pictures are not where they were kept; 'check' names them", err=True)
    if done.absent or done.rotten:
        raise SystemExit(1)
