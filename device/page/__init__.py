"""The chair page: what a technician sees and touches, served by the instrument itself. It shows :mod:`device.chair`."""
