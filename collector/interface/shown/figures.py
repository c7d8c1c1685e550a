"""Figures with their intervals, each under its code and in its UCUM unit."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from collector.exports.codes import FIGURES, SYSTEM_URL, FigureCode, coded_figures, site_code
from collector.interface.resource import Shown
from collector.store.figures import figures_of
from collector.store.series import ListedCapture
from contract import Interval, Measurement


class Figure(Shown):
    """A figure with its 95 % interval, for the scalp around the site."""

    code: str = Field(description=f"Of the code system {SYSTEM_URL}.", examples=["hair-density"])
    display: str = Field(description="The figure in words.", examples=["Hair density"])
    unit: str = Field(description="Of value, low and high, by UCUM.", examples=["{hairs}/cm2"])
    value: float = Field(examples=[131.2])
    low: float = Field(description="Lower bound of the 95 % interval.", examples=[110.0])
    high: float = Field(description="Upper bound of the 95 % interval.", examples=[152.0])


class BodySite(Shown):
    """Where on the scalp."""

    key: str = Field(description="The site's key, or a place by landmark distances.", examples=["frontal", "g120-l35"])
    display: str = Field(description="The site in words, with the patient's side.", examples=["frontal"])
    snomed: str = Field(
        description="Of SNOMED CT: the narrowest structure that holds the site.", examples=["699900002"]
    )


def figures_of_measurement(measurement: Measurement) -> tuple[Figure, ...]:
    """Return a measurement's figures; what the picture does not support is not there."""
    return tuple(_figure(code, interval, 1) for code, interval in coded_figures(measurement))


def figures_of_listed(capture: ListedCapture) -> tuple[Figure, ...]:
    """Return the figures that a capture's columns hold: all but the shares of units by their size."""
    return tuple(_listed(capture))


def figure(name: str, interval: Interval) -> Figure:
    """Return a figure of the contract by its name; of a change too, which has the figure's unit."""
    return _figure(FIGURES[name], interval)


def body_site(key: str) -> BodySite:
    """Return a site."""
    code = site_code(key)
    return BodySite(key=key, display=code.display, snomed=code.structure[0])


def _listed(capture: ListedCapture) -> Iterator[Figure]:
    figures = figures_of(capture.figures_json)
    for name, code in FIGURES.items():
        if name in figures:
            yield _figure(code, figures[name])


def _figure(code: FigureCode, interval: Interval, factor: int | None = None) -> Figure:
    """Word a figure; ``factor`` is 1 where the interval is in the code's unit already."""
    in_unit = code.in_ucum if factor is None else float
    return Figure(
        code=code.code,
        display=code.display,
        unit=code.ucum,
        value=in_unit(interval.value),
        low=in_unit(interval.low),
        high=in_unit(interval.high),
    )
