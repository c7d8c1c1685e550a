"""``trichoscope-collector migrate``."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from collector.commands.options import Fault, settings_option
from collector.opening import CannotOpen
from collector.operation.as_it_is import database_of, place_of
from collector.operation.backup_manifest import stamp
from collector.settings import CollectorSettings
from collector.store import copying
from collector.store.database import Database, StoreUnusable
from collector.store.schema import move_to, newest
from collector.store.stored import StoreFailed
from groundwork.durable_file import sync_folder
from groundwork.settings_file import SettingsFileError, read


@click.command()
@click.option("--to", "target", help="A format's number, such as 0004; left out: this release's.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask before going back.")
@settings_option
def migrate(*, target: str | None, dry_run: bool, yes: bool, settings: Path) -> None:
    """Bring the store to a format: to this release's, as 'run' does by itself, or back to an earlier release's.

    End the collector first, and back up. Going back loses what the older format has no place for; of a store in SQLite
    a copy is put beside it before that.
    """
    wanted = target or newest()
    try:
        known = read(CollectorSettings, settings)
        with closing(database_of(known)) as database:
            with database.reading() as connection:
                now = copying.format_told(connection)
            if now == wanted:
                click.echo(f"the store has the format {now}; there is nothing to do")
                return
            back = now is not None and wanted < now
            click.echo(f"the store has the format {now or 'of nothing'}; {'back' if back else 'forward'} to {wanted}")
            if dry_run:
                return
            if back and not yes:
                click.confirm(
                    f"Going back to {wanted} loses accounts, the audit trail, or whatever else came later. Go back?",
                    abort=True,
                )
            if back and database.is_sqlite:
                click.echo(f"copied to {_copied(database, known, str(now))}")
            move_to(database, wanted)
    except (SettingsFileError, CannotOpen, StoreUnusable) as error:
        raise Fault(str(error)) from error
    except (StoreFailed, OSError) as error:
        raise Fault(f"The store is as it was: {error}.") from error
    click.echo(f"the store has the format {wanted}")


def _copied(database: Database, settings: CollectorSettings, store_format: str) -> Path:
    place, _ = place_of(settings)
    file = Path(database.shown) if isinstance(place, str) else place
    copy = file.with_name(f"{file.name}.format-{store_format}.{stamp(datetime.now(UTC))}")
    with copying.snapshot(database) as connection:
        try:
            copying.copy_out(connection, copy)
        except BaseException:
            copy.unlink(missing_ok=True)
            raise
    sync_folder(copy.parent)
    return copy
