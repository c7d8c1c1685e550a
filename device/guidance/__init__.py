"""Guiding the technician to the place of a site's baseline, before the picture is taken."""

from device.guidance.guided_aim import GuidedAim, baseline_of_aim, guided_aim

__all__ = ["GuidedAim", "baseline_of_aim", "guided_aim"]
