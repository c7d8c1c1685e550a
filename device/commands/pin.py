"""``trichoscope pin``: makes the PIN that unlocks the chair page."""

from pathlib import Path

import click

from device.page.access.pin import check, hash_of, write_pin


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def pin(file: Path) -> None:
    """Ask for a PIN, twice, and keep its hash in FILE; a PIN that is there is replaced."""
    typed = click.prompt("PIN, 6 digits or more", hide_input=True)
    check(typed)
    again = click.prompt("The same PIN again", hide_input=True)
    if again != typed:
        raise click.UsageError("The two were not the same. Nothing was changed: start again.")
    write_pin(file, hash_of(typed))
    click.echo(
        f"{file} holds the PIN's hash. Name it under pin in [chair], or hand it over with LoadCredential=; the chair"
        " page asks for it from its next start on. Keep it to yourself: who reads it can try out PINs."
    )
