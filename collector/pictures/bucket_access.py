"""The client of an S3 bucket: where it is, what signs its requests, and how long it may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Credential

# An instrument waits 30 s for an answer. The last try begins before _RETRIED_S and ends within _ANSWERED_S.
_CONNECTED_S = 3.0
_ANSWERED_S = 20.0
_RETRIED_S = 8.0
_TRIES_MORE = 4
_FIRST_PAUSE_S = 0.2

_KEYS_HOLD = timedelta(minutes=10)  # obstore asks again five minutes before they end


@dataclass(frozen=True)
class BucketKeys:
    """What requests are signed with."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Bucket:
    """Where a bucket is.

    Parameters
    ----------
    name
        Its name.
    prefix
        What every object's name begins with, without a slash at either end; empty for none.
    endpoint
        The S3 service's address, ``https://...``, or ``http://`` on this machine.
    region
        The region that requests are signed for.
    authority
        A PEM file of the certificate authority that signed the service's own certificate, beside the system's.
    """

    name: str
    prefix: str
    endpoint: str
    region: str
    authority: Path | None = None


def opened(bucket: Bucket, keys: Callable[[], BucketKeys]) -> S3Store:
    """Return a bucket's client; it connects when it is first asked something.

    Parameters
    ----------
    bucket
        Where it is.
    keys
        Gives what requests are signed with; asked again every five minutes.

    Raises
    ------
    OSError
        If the authority's file cannot be read.
    obstore.exceptions.BaseError
        If no address can be made of the bucket, or no certificate of the authority's file.
    """

    def credential() -> S3Credential:
        given = keys()
        return {
            "access_key_id": given.access_key_id,
            "secret_access_key": given.secret_access_key,
            "token": given.session_token,
            "expires_at": datetime.now(UTC) + _KEYS_HOLD,
        }

    client: ClientConfig = {
        "allow_http": bucket.endpoint.startswith("http://"),
        "allow_invalid_certificates": False,
        "connect_timeout": timedelta(seconds=_CONNECTED_S),
        "timeout": timedelta(seconds=_ANSWERED_S),
    }
    if bucket.authority is not None:
        client["root_certificate"] = bucket.authority.read_bytes()
    return S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        # All that decides where requests go and how they are signed is said: else variables AWS_* would.
        config={
            "endpoint": bucket.endpoint,
            "aws_endpoint_url_s3": bucket.endpoint,
            "region": bucket.region,
            "virtual_hosted_style_request": False,
            "checksum_algorithm": "SHA256",
            "conditional_put": "etag",
            "skip_signature": False,
            "unsigned_payload": False,
            "disable_bulk_delete": True,  # not every compatible store has it
        },
        client_options=client,
        retry_config={
            "max_retries": _TRIES_MORE,
            "retry_timeout": timedelta(seconds=_RETRIED_S),
            "backoff": {
                "init_backoff": timedelta(seconds=_FIRST_PAUSE_S),
                "max_backoff": timedelta(seconds=_RETRIED_S / 2),
                "base": 2,
            },
        },
        credential_provider=credential,
    )
