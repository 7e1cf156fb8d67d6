"""A request to an endpoint of AWS's comes by TLS, and `aws:SecureTransport` is true.

The stock engine's door speaks HTTP only, so that a bucket whose policy denies what comes without TLS denies
everybody, distributions too.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-securetransport
"""

from __future__ import annotations

import functools

from ministack import app


def fill() -> None:
    """Let the engine's door stand for the endpoints' HTTPS."""
    pin = app.pin_request_origin

    @functools.wraps(pin)
    def by_tls(source_ip: str, secure_transport: bool) -> None:  # noqa: ARG001 - the engine's signature
        pin(source_ip, True)

    app.pin_request_origin = by_tls
