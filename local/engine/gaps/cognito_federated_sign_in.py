"""Who signs in by an OpenID Connect provider is who that provider says, and gets as far as the app asked.

The stock engine believes any id token (no signature, issuer, audience, expiry or nonce is looked at),
forgets the app's PKCE challenge on the way, sends the browser back to the domain's name at AWS, lets every
provider of the pool sign in to every client, keeps claims that are mapped to nothing, and names no provider
on its page.

On AWS the managed login offers the client's providers, and sends a nonce of its own along; the id token has
to be signed by a key of the provider, be made for this client by this issuer, be in time and carry the
nonce; what is mapped becomes the profile's, and the code is good for who has the verifier.
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-flow.html
https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html

A refused id token sends the browser to the app with `error=invalid_request`, as has been seen of AWS. Not
followed: providers of the types Google, Facebook, SignInWithApple and LoginWithAmazon, whose endpoints are
AWS's to know, and attributes_url.
"""

from __future__ import annotations

import base64
import functools
import html
import json
import secrets
import time
import urllib.request
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from ministack import app
from ministack.services import cognito

Json = dict[str, Any]
Response = tuple[int, dict[str, Any], bytes]

SECONDS = 10
OWN = "COGNITO"
BEFORE = "</form>"


class RefusedTokenError(ValueError):
    """The id token is not this provider's word for this sign-in."""


@dataclass
class Visit:
    """A browser that is back from the provider: which one, and what the id token has to say."""

    provider: Json
    nonce: str
    refused: str = ""


_current: ContextVar[Visit | None] = ContextVar("federated_visit", default=None)


def decoded(part: str) -> bytes:
    """Return what a part of a token holds."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def fetched(url: str) -> Json:
    """Return the JSON at an address of the provider."""
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - the provider's own address
        found: Json = json.load(answer)
    return found


def keys_of(details: Json) -> list[Json]:
    """Return the provider's public keys: where its details say, or else its discovery document."""
    address = details.get("jwks_uri")
    if not address:
        address = fetched(f"{details['oidc_issuer'].rstrip('/')}/.well-known/openid-configuration")[
            "jwks_uri"
        ]
    keys: list[Json] = fetched(address)["keys"]
    return keys


def is_signed(token: str, key: Json) -> bool:
    """Say whether a token is signed by an RSA key."""
    if key.get("kty") != "RSA":
        return False
    modulus, exponent = (int.from_bytes(decoded(key[name]), "big") for name in ("n", "e"))
    signed, _, signature = token.rpartition(".")
    try:
        rsa.RSAPublicNumbers(exponent, modulus).public_key().verify(
            decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature:
        return False
    return True


def verified(token: str, visit: Visit) -> Json:
    """Return what of an id token becomes the profile's: who it is, and what is mapped.

    Raises
    ------
    RefusedTokenError
        When it is not this provider's word for this sign-in.
    """
    details = visit.provider["ProviderDetails"]
    try:
        header, claims = (json.loads(decoded(part)) for part in token.split(".")[:2])
        keys = [key for key in keys_of(details) if key.get("kid") == header.get("kid")]
    except (KeyError, OSError, ValueError) as error:
        raise RefusedTokenError(f"id_token cannot be read: {error}") from error
    audience = claims.get("aud")
    good = {
        "Bad id_token signature": header.get("alg") == "RS256" and any(is_signed(token, key) for key in keys),
        f"Bad id_token issuer {claims.get('iss')}": claims.get("iss") == details["oidc_issuer"],
        "Bad id_token audience": details["client_id"]
        in (audience if isinstance(audience, list) else [audience]),
        "id_token has expired": claims.get("exp", 0) > time.time(),
        "Bad id_token nonce": claims.get("nonce") == visit.nonce,
    }
    for reason, holds in good.items():
        if not holds:
            raise RefusedTokenError(reason)
    mapped = {"sub", *visit.provider.get("AttributeMapping", {}).values()}
    return {name: _text(value) for name, value in claims.items() if name in mapped}


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def to_provider(answer: Response, query: Json) -> Response:
    """Add to the way to the provider what has to come back: a nonce, and for the app its PKCE challenge."""
    status, headers, body = answer
    if status != HTTPStatus.FOUND or not (state := _query(headers["Location"]).get("state")):
        return answer
    relay = cognito._auth_codes.get(state)
    if relay is None or relay.get("type") != "relay":
        return answer
    relay["nonce_of_provider"] = secrets.token_urlsafe(24)
    for name in ("code_challenge", "code_challenge_method"):
        relay[name] = cognito._qp(query, name)
    nonce = urlencode({"nonce": relay["nonce_of_provider"]})
    return status, {**headers, "Location": f"{headers['Location']}&{nonce}"}, body


def to_app(answer: Response, relay: Json, visit: Visit) -> Response:
    """Make the code one that asks for the verifier; or tell the app why there is none."""
    status, headers, body = answer
    if visit.refused:
        told = {"error": "invalid_request", "error_description": visit.refused, "state": relay["state"]}
        return HTTPStatus.FOUND, {"Location": f"{relay['redirect_uri']}?{urlencode(told)}"}, b""
    given = cognito._auth_codes.pop(_query(headers.get("Location", "")).get("code"), None)
    if status == HTTPStatus.FOUND and given:
        code = _query(headers["Location"])["code"]
        cognito._authorization_codes[code] = {
            **{name: given[name] for name in ("client_id", "pool_id", "redirect_uri", "username", "nonce")},
            **{name: relay.get(name, "") for name in ("scope", "code_challenge", "code_challenge_method")},
            "expires_at": time.time() + cognito._AUTH_CODE_TTL,
        }
    return status, headers, body


def _query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def ways(query: Json) -> list[str]:
    """Return the providers that the client of a request signs in with, beside the pool itself."""
    _, pool, client = cognito._find_pool_by_client_id(cognito._qp(query, "client_id"))
    known = (pool or {}).get("_identity_providers", {})
    return [name for name in (client or {}).get("SupportedIdentityProviders", []) if name in known]


def offering(page: str, query: Json) -> str:
    """Return the login page with a way to each of the client's providers."""
    asked = {name: cognito._qp(query, name) for name in query}
    links = [
        f'<p><a href="/oauth2/authorize?{html.escape(urlencode({**asked, "identity_provider": name}))}">'
        f"Continue with {html.escape(name)}</a></p>"
        for name in ways(query)
    ]
    return page.replace(BEFORE, BEFORE + "".join(links), 1)


def fill() -> None:
    """Look at what goes to a provider and at what comes back."""
    authorize, federate = cognito.handle_oauth2_authorize, cognito._oauth2_authorize_federation
    respond, decode = cognito._oauth2_idp_response, cognito._decode_id_token_unverified

    @functools.wraps(authorize)
    def with_ways(method: str, path: str, headers: Json, query: Json) -> Response:
        answer: Response = authorize(method, path, headers, query)
        is_page = answer[0] == HTTPStatus.OK and "html" in answer[1].get("Content-Type", "")
        return (*answer[:2], offering(answer[2].decode(), query).encode()) if is_page else answer

    @functools.wraps(federate)
    def for_clients_providers(query: Json) -> Response:
        name, challenge = cognito._qp(query, "identity_provider"), cognito._qp(query, "code_challenge")
        _, _, client = cognito._find_pool_by_client_id(cognito._qp(query, "client_id"))
        if client is not None and name not in client.get("SupportedIdentityProviders", []):
            refused: Response = cognito._oauth2_error("invalid_request", f"{name} is not a way to sign in.")
            return refused
        redirect, state = cognito._qp(query, "redirect_uri"), cognito._qp(query, "state")
        method = cognito._qp(query, "code_challenge_method")
        answer: Response = federate(query)
        if answer[0] == HTTPStatus.FOUND:
            malformed: Response | None = cognito._pkce_error_redirect(redirect, challenge, method, state)
            return malformed or to_provider(answer, query)
        return answer

    @functools.wraps(respond)
    def with_verified_token(method: str, body: bytes, query: Json) -> Response:
        form = parse_qs((body or b"").decode("utf-8", "replace")) if method == "POST" else {}
        relay = cognito._auth_codes.get(cognito._qp(query, "state") or form.get("state", [""])[0]) or {}
        pool = cognito._get_pool_unscoped(relay.get("pool_id", "")) or {}
        provider = pool.get("_identity_providers", {}).get(relay.get("provider_name"))
        if provider is None or relay.get("type") != "relay":
            unknown: Response = respond(method, body, query)
            return unknown
        visit = Visit(provider, relay["nonce_of_provider"])
        token = _current.set(visit)
        try:
            return to_app(respond(method, body, query), relay, visit)
        finally:
            _current.reset(token)

    @functools.wraps(decode)
    def decode_verified(id_token: str) -> Json:
        visit = _current.get()
        if visit is None:  # the engine's own tokens are read by it too
            own: Json = decode(id_token)
            return own
        try:
            return verified(id_token, visit)
        except RefusedTokenError as error:
            visit.refused = str(error)
            raise

    cognito.handle_oauth2_authorize = with_ways
    cognito._oauth2_authorize_federation = for_clients_providers
    cognito._oauth2_idp_response = with_verified_token
    cognito._decode_id_token_unverified = decode_verified
    cognito._oidc_callback_url = lambda _pool: f"http://localhost:{app._resolve_port()}/oauth2/idpresponse"
