"""``trichoscope demo``: the whole way on this machine."""

import click

from device.demo import Ports, demonstrate
from device.demo.broker import KINDS

_PORT = click.IntRange(1, 65535)


@click.command()
@click.option("--once", is_flag=True, help="End after the table; exit code 0 only if all of it is right.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the phantom patient.")
@click.option("--broker", "broker_kind", type=click.Choice(KINDS), help="By default mosquitto where it is installed.")
@click.option("--broker-port", type=_PORT, default=Ports.broker, show_default=True)
@click.option("--pictures-port", type=_PORT, default=Ports.pictures, show_default=True)
@click.option("--page-port", type=_PORT, default=Ports.page, show_default=True)
@click.option("--chair-port", type=_PORT, default=Ports.chair, show_default=True)
def demo(
    *,
    once: bool,
    seed: int,
    broker_kind: str | None,
    broker_port: int,
    pictures_port: int,
    page_port: int,
    chair_port: int,
) -> None:
    """Take a visit of six sites with a simulated camera and deliver it to a clinic on this machine."""
    ports = Ports(broker=broker_port, pictures=pictures_port, page=page_port, chair=chair_port)
    try:
        right = demonstrate(ports, seed, broker_kind, once=once, say=lambda line: click.echo(f"demo: {line}"))
    except KeyboardInterrupt:
        raise click.exceptions.Exit(130) from None
    if not right:
        raise click.exceptions.Exit(1)
