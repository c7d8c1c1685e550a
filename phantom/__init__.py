"""A drawn scalp whose every hair is known: truth for tests, benchmarks and the simulated camera."""

from phantom.burnt_in import Print
from phantom.change import clip, gain, lose, regrow, thin, wash
from phantom.depth import Depth
from phantom.growth import grow
from phantom.motion import Motion
from phantom.optics import Light, Optics, Pose
from phantom.photograph import OutsideScalpError, Photograph, photograph
from phantom.scalp import Hair, Scalp, ScalpSettings
from phantom.settings import SettingError
from phantom.tattoo import Tattoo
from phantom.truth import Truth, TruthHair
from phantom.unready import clump, lay_over

__all__ = [
    "Depth",
    "Hair",
    "Light",
    "Motion",
    "Optics",
    "OutsideScalpError",
    "Photograph",
    "Pose",
    "Print",
    "Scalp",
    "ScalpSettings",
    "SettingError",
    "Tattoo",
    "Truth",
    "TruthHair",
    "clip",
    "clump",
    "gain",
    "grow",
    "lay_over",
    "lose",
    "photograph",
    "regrow",
    "thin",
    "wash",
]
