"""The gate: is this picture good enough to be measured?  Each check has a value, limits, a verdict and a sentence.

``judge`` looks at a still before it is believed; ``Meters`` at preview frames, cheaply, while the instrument is aimed.
The limits come from drawn scalps with graded faults (`benchmarks/instrument_gate.py`): a fault is refused from where it
puts the density off by a tenth.
"""

from device.quality.hair_checks import HairAsked
from device.quality.judge import judge
from device.quality.meters import Meters, Reading
from device.quality.place_checks import CalibrationState

__all__ = ["CalibrationState", "HairAsked", "Meters", "Reading", "judge"]
