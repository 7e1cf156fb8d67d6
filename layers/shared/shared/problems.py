"""Expected refusals, and the one place that turns them into RFC 9457 problem details.

A domain raises the problem that says what is wrong; `shared.http.api` answers with it. What is not a
`Problem` is a fault of ours, not of the caller's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MEDIA_TYPE = "application/problem+json"


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one part of a request.

    `field` is a JSON pointer into the body (RFC 6901, "" is the body itself) or the name of a header, a query
    parameter or a path parameter.
    """

    field: str
    detail: str


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of a refusal (RFC 9457). `about:blank` means: the status says it all (section 4.2.1)."""

    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
    type: str = ""


class Problem(Exception):  # noqa: N818 - RFC 9457's word; each subclass has its status's name
    """A request that is refused, with the status and the reason that the caller gets to read.

    Parameters
    ----------
    detail
        One sentence for a human, in terms of this request. It must not repeat personal data or a credential.
    errors
        The parts of the request that are to blame, if any can be named.
    """

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal Server Error"
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, detail: str, errors: Iterable[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)

    def details(self) -> ProblemDetails:
        """Return the answer's body."""
        return ProblemDetails(self.title, self.status, self.detail, self.errors, "about:blank")


class BadRequest(Problem):
    """The request cannot be understood: a part is missing, malformed or out of its range."""

    status = 400
    title = "Bad Request"


class Unauthorized(Problem):
    """The credentials are missing, or no good."""

    status = 401
    title = "Unauthorized"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class Forbidden(Problem):
    """The caller is known, and may not do this, or not with these credentials."""

    status = 403
    title = "Forbidden"


class NotFound(Problem):
    """There is no such thing, or the caller may not know that there is."""

    status = 404
    title = "Not Found"


class Conflict(Problem):
    """The thing is in a state that does not allow this."""

    status = 409
    title = "Conflict"


class PreconditionFailed(Problem):
    """The thing is not, or no longer, as the request takes it to be."""

    status = 412
    title = "Precondition Failed"


class PayloadTooLarge(Problem):
    """The body is longer than the operation takes."""

    status = 413
    title = "Content Too Large"


class UnsupportedMediaType(Problem):
    """The body is in a format that the operation does not read."""

    status = 415
    title = "Unsupported Media Type"


class UnprocessableContent(Problem):
    """The request is well formed and a rule of the business refuses it."""

    status = 422
    title = "Unprocessable Content"


class ServiceUnavailable(Problem):
    """What the request needs cannot be had at the moment; it may be sent again."""

    status = 503
    title = "Service Unavailable"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}


class PreconditionRequired(Problem):
    """The caller has to say which state of the thing is meant (RFC 6585, section 3)."""

    status = 428
    title = "Precondition Required"
