"""The chair: the instrument as one technician at a time works with it. What is shown of it is :mod:`device.page`."""
