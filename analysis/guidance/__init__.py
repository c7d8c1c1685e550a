"""The way back to a baseline's place: from preview frames, how far to move and turn; for eyes, a ghost of its hairs."""

from analysis.guidance.ghost import ghost
from analysis.guidance.guide import Guidance, Guide, Lost
from analysis.guidance.refinement import Placement
from analysis.guidance.words import sentence

__all__ = ["Guidance", "Guide", "Lost", "Placement", "ghost", "sentence"]
