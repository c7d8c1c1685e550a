"""``trichoscope-collector check``."""

import json
from collections import Counter
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click

from collector.commands.long_work import shown_progress
from collector.commands.options import Fault, settings_option
from collector.opening import CannotOpen, open_pictures
from collector.operation.as_it_is import database_of
from collector.operation.checking import check as findings_of
from collector.pictures.pictures import PicturesAway
from collector.settings import CollectorSettings
from groundwork.settings_file import SettingsFileError, read

_MOST_OF_A_KIND = 100


@click.command()
@click.option("--quick", is_flag=True, help="Do not read every picture's bytes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for scripts.")
@settings_option
def check(*, quick: bool, as_json: bool, settings: Path) -> None:
    """Read all that is kept and hold it against its digests: store, columns, pictures. The service may run meanwhile.

    Nothing is changed. Exit code 1 says that something is damaged or missing.
    """
    counted: Counter[str] = Counter()
    serious = False
    try:
        known = read(CollectorSettings, settings)
        pictures = open_pictures(known)
        with closing(database_of(known)) as database, shown_progress() as progress:
            for finding in findings_of(database, pictures, picture_bytes=not quick, progress=progress):
                counted[finding.name] += 1
                serious |= finding.serious
                if as_json:
                    click.echo(json.dumps(asdict(finding)))
                elif counted[finding.name] <= _MOST_OF_A_KIND:
                    mark = "FAULT" if finding.serious else "note"
                    click.echo(f"{mark} {finding.name}: {finding.subject}: {finding.sentence} {finding.cure}")
    except (SettingsFileError, CannotOpen) as error:
        raise Fault(str(error)) from error
    except (PicturesAway, OSError) as error:
        raise Fault(f"Not all could be looked at: {error}. Mend that, and give the same command again.") from error
    if not as_json:
        said = ", ".join(f"{number} {name}" for name, number in sorted(counted.items()))
        click.echo(said or "all that is kept is as it should be")
    if serious:
        raise SystemExit(1)
