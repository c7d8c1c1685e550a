"""The strict headers of every response."""

POLICY = "content-security-policy"

HEADERS = {
    POLICY: (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    # Patients' figures and pictures belong into no browser's cache.
    "cache-control": "no-store",
}
"""A document with a policy of its own keeps that."""

KEPT_BY_BROWSERS = {"cache-control": "no-cache"}
"""Of scripts, styles and icons, which are the same for everybody: asked for again, and sent again when they changed."""

HSTS = {"strict-transport-security": "max-age=31536000"}
"""Under TLS: a browser that was here comes by TLS only (RFC 6797)."""
