"""From where on a device needs a look: every threshold, and why it is where it is."""

from datetime import timedelta

SILENT_AFTER = timedelta(minutes=5)
"""Health comes every minute; five missed in a row are no reconnecting, which takes half a minute at the longest."""

LONG_AWAY = timedelta(days=4)
"""Instruments are switched off at night; a long weekend is three days."""

WAITING_LONG = timedelta(days=1)
"""As the instrument itself has it: what waits for longer missed a whole day of the clinic's network."""

FEW_CAPTURES = 60
"""As the instrument itself has it: about those of a busy day."""

CERTIFICATE_SOON = timedelta(days=30)
"""Renewal begins in the last third of a certificate's life, months before: one this near its end was not renewed."""

CERTIFICATE_NOW = timedelta(days=7)
"""One that ends within the week may end before somebody is at the clinic who can enrol."""

ALARM_COUNTS_FOR = timedelta(days=30)
"""An alarm is the fact of an attack or a fault, and stays on the list; a month on it says nothing of today."""

GATE_CAPTURES = 50
"""The newest of a device that its refused share is told from: about a day, so that it is of the present technician,
light and lens."""

GATE_FEWEST = 20
"""Of fewer captures a share says nothing: 4 of 20 have a 95 % interval from 6 to 44 % (Clopper and Pearson, 1934)."""

GATE_REFUSED_SHARE = 0.2
"""One in five: with six sites a visit, more than one is taken again at every patient."""
