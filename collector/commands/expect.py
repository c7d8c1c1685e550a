"""``trichoscope-collector expect``."""

from contextlib import closing
from datetime import datetime
from pathlib import Path

import click

from collector.commands.options import Fault, settings_option
from collector.expected_file import FileRefused, read_expected
from collector.opening import CannotOpen, open_store
from collector.settings import CollectorSettings
from collector.store.stored import StoreFailed
from groundwork.settings_file import SettingsFileError, read


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@settings_option
def expect(*, file: Path, settings: Path) -> None:
    """Give chairs their lists of expected patients: FILE.csv with day, at, device, patient_code, visit_number.

    Codes only. A list takes the place of the earlier one of the same device and day; the collector that runs sends each
    device its list of the day. A line with day and device alone says that nobody is expected.
    """
    now = datetime.now().astimezone()
    try:
        known = read(CollectorSettings, settings)
        lists = read_expected(file, known.clinic_id, now)
        with closing(open_store(known)) as store:
            store.keep_day_lists(lists, now.date())
            heard_of = {device.device_id for device in store.devices()}
    except FileRefused as refused:
        raise Fault(f"Nothing of {file} was taken. {refused}") from refused
    except (SettingsFileError, CannotOpen) as error:
        raise Fault(str(error)) from error
    except StoreFailed as error:
        raise Fault(f"Nothing was taken: {error}. Check the disk, and try again.") from error
    except OSError as error:
        raise Fault(f"{error.filename or file} cannot be read ({error.strerror}).") from error
    for one in lists:
        click.echo(f"{one.device_id}  {one.day}: {len(one.expected)} expected")
    if not lists:
        click.echo("The file names no day from today on: nothing has changed.")
    for device in sorted({one.device_id for one in lists} - heard_of):
        click.echo(f"Nothing was heard of {device} yet: check its name, or start it.", err=True)
