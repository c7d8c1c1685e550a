"""``trichoscope-collector backup``."""

from contextlib import closing
from pathlib import Path

import click

from collector.commands.long_work import shown_progress, whoever_asks
from collector.commands.options import Fault, settings_option
from collector.opening import CannotOpen, open_pictures
from collector.operation.as_it_is import database_of, key_files
from collector.operation.backing_up import Keys, NotBackedUp, back_up
from collector.operation.backup_manifest import MANIFEST, Manifest, NoBackup, digest_of
from collector.pictures.pictures import PicturesAway
from collector.pictures.place import place
from collector.settings import CollectorSettings
from collector.store.database import StoreRefused
from collector.store.postgresql_programs import ProgramFailed
from collector.store.stored import StoreFailed
from groundwork.settings_file import SettingsFileError, read

_MOST_NAMED = 10


@click.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write, on another disk; it must not be there yet.",
)
@click.option(
    "--incremental-from",
    "previous",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="An earlier back-up on the same disk: its pictures are linked, and only new ones copied.",
)
@click.option(
    "--pictures",
    "kind",
    type=click.Choice(["copied", "listed"]),
    help="Whether pictures are copied; only listed is what is done for a bucket if nothing is said.",
)
@click.option("--with-keys", is_flag=True, help="Put settings, certificates and keys into it too: then lock it away.")
@settings_option
def backup(*, out: Path, previous: Path | None, kind: str | None, with_keys: bool, settings: Path) -> None:
    """Back up store and pictures while the collector runs: a folder that appears when all of it is written.

    Every message that was receipted before it began is in it. Keys, certificates and settings are not, unless asked
    for. It holds every patient, and who is in which arm: keep it as the clinic's records are kept.
    """
    try:
        known = read(CollectorSettings, settings)
        pictures = open_pictures(known)
        in_bucket = known.pictures.store is not None and not isinstance(place(known.pictures.store), Path)
        keys = Keys(key_files(known, settings)) if with_keys else None
        with closing(database_of(known)) as database, shown_progress() as progress:
            manifest = back_up(
                database,
                pictures,
                out.absolute(),
                whoever_asks(),
                clinic_id=known.clinic_id,
                copy_pictures=not in_bucket if kind is None else kind == "copied",
                previous=previous,
                keys=keys,
                progress=progress,
            )
    except (SettingsFileError, CannotOpen, NotBackedUp, NoBackup, ProgramFailed) as error:
        raise Fault(str(error)) from error
    except (StoreFailed, StoreRefused, PicturesAway) as error:
        raise Fault(f"There is no back-up: {error}. Mend that, and give the same command again.") from error
    _tell(out, manifest)


def _tell(out: Path, manifest: Manifest) -> None:
    click.echo(
        f"wrote {out}: the store as of {manifest.begun_at:%Y-%m-%d %H:%M:%S} UTC, {manifest.pictures_number} pictures"
        f" {manifest.pictures} ({manifest.pictures_bytes / 1e9:.3f} GB); {MANIFEST} has the SHA-256"
        f" {digest_of(out / MANIFEST)}"
    )
    if manifest.damaged:
        named = ", ".join(one[:12] for one in manifest.damaged[:_MOST_NAMED])
        click.echo(
            f"{len(manifest.damaged)} pictures are damaged where they are kept, and not in the back-up: {named}."
            " 'check' names them all; copy them from an earlier back-up, then check the disk.",
            err=True,
        )
        raise SystemExit(1)
