"""Until when the instrument's certificate holds."""

from datetime import datetime

from device.settings import DeviceSettings


def expiry(settings: DeviceSettings) -> datetime | None:
    """Return the last moment (UTC) of the certificate that ``[broker]`` names, or None if it cannot be read."""
    from cryptography import x509  # noqa: PLC0415  36 ms of a command's start that few commands need

    try:
        return x509.load_pem_x509_certificate(settings.broker.certificate.read_bytes()).not_valid_after_utc
    except (OSError, ValueError, x509.InvalidVersion):
        return None
