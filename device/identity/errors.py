"""What can go wrong with the instrument's identity; each message says the cause, and the cure."""


class EnrolmentFailed(Exception):
    """The instrument is not enrolled, and what it had before still stands or is mended by the same command."""


class CertificateUnfit(ValueError):
    """A key, a certificate or an authority is not what it has to be; the message is a sentence's end."""


class ExchangeFailed(Exception):
    """The clinic gave no answer that can be used; the message is a sentence's end.

    Parameters
    ----------
    reason
        What happened.
    refused
        Whether the clinic said no, so that the same request need not be sent again at once.
    """

    def __init__(self, reason: str, *, refused: bool) -> None:
        super().__init__(reason)
        self.refused = refused
