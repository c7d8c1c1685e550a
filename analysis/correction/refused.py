"""Why a correction is not applied."""


class CorrectionRefused(ValueError):
    """A correction cannot be applied; the message says which, why, and what to do."""
