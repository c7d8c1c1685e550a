"""The head that places are drawn on: its outline from above, nose up, and where a place of the skin lies on it.

Skin is unrolled from the crown as in the maps of the 10-20 system (Jasper 1958), but with a tape's two distances: a
place `behind_glabella_mm` along the midline and `right_mm` at right angles to it is put on a sphere of a head's
size, and keeps its distance and direction from the crown. Where that sphere and a person's head part, the
drawing is off by a finger's breadth; it shows the way, and nothing is measured on it.
"""

import math

HALF_LENGTH, HALF_WIDTH = 166.0, 138.0
"""Of the outline, in the drawing's units."""

_CROWN_MM = 175.0  # behind the glabella: half of the usual adult's 350 mm from glabella to inion
_RADIUS_MM = 105.0  # then a quarter girth, 165 mm, leads from the midline to the root of the ear
_RIM_MM = 190.0  # of skin from the crown to the outline; the nape lies beyond it


def from_crown(behind_glabella_mm: float, right_mm: float) -> tuple[float, float]:
    """Return where a place lies from the drawing's crown: units to the right, and units down (to the back).

    Parameters
    ----------
    behind_glabella_mm
        Along the midline, with a tape.
    right_mm
        From there to the patient's right; negative to the left.
    """
    forward = (_CROWN_MM - behind_glabella_mm) / _RADIUS_MM
    beside = right_mm / _RADIUS_MM
    right, ahead, up = (
        math.sin(beside),
        math.cos(beside) * math.sin(forward),
        math.cos(beside) * math.cos(forward),
    )
    level = math.hypot(right, ahead)
    if level == 0:
        return 0.0, 0.0
    # An angle of the sphere is kept as a distance from the crown: equal steps of the tape are equal steps here.
    distance = math.atan2(level, up) * _RADIUS_MM / _RIM_MM
    return distance * right / level * HALF_WIDTH, -distance * ahead / level * HALF_LENGTH


HEAD = """\
<g fill="none" stroke="{ink}" stroke-linejoin="round" stroke-linecap="round">
<path d="M-15 -163C-11 -178 -6 -190 0 -190C6 -190 11 -178 15 -163" stroke-width="2.2"/>
<path d="M-135 -18C-146 -31 -157 -24 -156 -7C-155 12 -147 31 -137 28" stroke-width="2.2"/>
<path d="M135 -18C146 -31 157 -24 156 -7C155 12 147 31 137 28" stroke-width="2.2"/>
<path d="M-142 -9C-148 -13 -151 -4 -148 6M142 -9C148 -13 151 -4 148 6" stroke-width="1.4" opacity=".6"/>
<path d="M0 -166C58 -166 104 -122 124 -66C140 -20 142 36 124 84C106 134 58 166 0 166\
C-58 166 -106 134 -124 84C-142 36 -140 -20 -124 -66C-104 -122 -58 -166 0 -166Z" \
fill="{ink}" fill-opacity=".045" stroke-width="2.6"/>
<path d="M-116 -62C-98 -78 -80 -76 -68 -88C-50 -105 -26 -97 0 -97C26 -97 50 -105 68 -88C80 -76 98 -78 116 -62" \
stroke-width="1.4" opacity=".45"/>
<path d="M0 -160V160M-130 0H130" stroke-width="1" stroke-dasharray="2 6" opacity=".5"/>
<path d="M0 42C5 42 8 46 7 51C6 57 -2 60 -8 57C-16 53 -18 42 -12 34C-4 24 12 24 20 34C30 47 24 66 8 72" \
stroke-width="1.4" opacity=".35"/>
<path d="M-74 151C-66 176 -66 196 -74 216M74 151C66 176 66 196 74 216" stroke-width="1.8" opacity=".55"/>
</g>
"""
"""The head around its crown at (0, 0): nose, ears, outline, hairline, midline and ear line, whorl, nape."""
