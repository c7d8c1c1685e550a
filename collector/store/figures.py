"""A measurement's figures as a column: what lists, studies and exports ask for without reading every hair."""

import json
from collections.abc import Mapping

from contract import Interval, Measurement


def figures_json(measurement: Measurement) -> str:
    """Return the figures that have an interval, by their fields' names: ``{"mean_diameter_um": [61, 59.2, 62.8]}``."""
    # By hand, as every capture pays for it on its way in: a finite float is written by Python as JSON wants it.
    figures = ",".join(
        f'"{name}":[{figure.value!r},{figure.low!r},{figure.high!r}]'
        for name, figure in vars(measurement).items()
        if type(figure) is Interval
    )
    return f"{{{figures}}}"


def figures_of(text: str) -> Mapping[str, Interval]:
    """Return the figures that a column holds."""
    return {name: Interval(value=value, low=low, high=high) for name, (value, low, high) in json.loads(text).items()}
