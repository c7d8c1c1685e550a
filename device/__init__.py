"""The instrument at the chair: camera, capture, store and outbox, delivery, command line."""

from importlib.metadata import version

SOFTWARE_VERSION = version("trichoscope")
