"""``trichoscope-collector erase``."""

from collections.abc import Mapping
from contextlib import closing
from getpass import getuser
from pathlib import Path

import click

from collector.commands.options import Fault, settings_option
from collector.opening import CannotOpen, open_pictures, open_store
from collector.operation.erasing import erase as erase_patient
from collector.pictures.pictures import PicturesAway
from collector.settings import CollectorSettings
from collector.store import erasure
from collector.store.stored import Erasure, StoreFailed
from groundwork.settings_file import SettingsFileError, read

_WORDS = {
    "captures": "captures",
    "comparisons": "comparisons",
    "visits": "visits' records",
    "reviews": "reviews",
    "study_patients": "places in studies",
    "quarantine": "messages in quarantine",
    "day_lists": "day lists",
    "pictures": "pictures",
}


@click.command()
@click.argument("patient_code")
@click.option("--reason", required=True, help="Why: it stays in the audit trail. No names.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@settings_option
def erase(*, patient_code: str, reason: str, yes: bool, settings: Path) -> None:
    """Erase all that is held of PATIENT_CODE, pictures and figures; nothing of them is ever taken in again.

    What stays is an entry that says when, why and who asked, and the trail of who looked. Back-ups made before still
    hold the patient: they go as they are rotated. Interrupted, the same command goes on.
    """
    try:
        known = read(CollectorSettings, settings)
        pictures = open_pictures(known)
        with closing(open_store(known)) as store:
            with store.reading() as connection:
                held = erasure.held(connection, patient_code)
                digests = erasure.own_pictures(connection, patient_code)
                before = erasure.of_patient(connection, patient_code)
            if not held and not any(one.done_at is None for one in before):
                raise Fault(f"Nothing is held of {patient_code}: check the code." + _said_before(before))
            click.echo(f"{patient_code}: {_counted({**held, 'pictures': len(digests)})}.")
            if not yes:
                typed = click.prompt("Type the code again to erase all of it for ever")
                if typed != patient_code:
                    raise Fault("Another code was typed: nothing was erased.")
            done = erase_patient(store, pictures, patient_code, reason, f"command line ({getuser()})")
    except (SettingsFileError, CannotOpen) as error:
        raise Fault(str(error)) from error
    except (StoreFailed, PicturesAway, OSError) as error:
        raise Fault(f"It was begun and is not done: {error}. Mend that, and give the same command again.") from error
    click.echo(f"Erased: {_counted(done.removed)}. The entry {done.erasure_id} stays.")


def _counted(held: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {_WORDS[name]}" for name, count in held.items() if count) or "nothing more was there"


def _said_before(before: list[Erasure]) -> str:
    done = [one.done_at for one in before if one.done_at is not None]
    return f" It was erased on {done[-1]:%-d %b %Y}." if done else ""
