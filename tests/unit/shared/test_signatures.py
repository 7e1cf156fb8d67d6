"""Signed requests: what counts as a signature, and that nothing it covers can be changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from shared import signatures
from shared.http import content_digest
from tests.partners import Partner, digest

NOW = 1_795_253_400
PARTNER = Partner("", "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f", SigningKey(bytes(range(32))))
PATH = "/partner/orders"
HEADERS = PARTNER.signed("POST", PATH, b"{}", key="key-00000001", created=NOW)


def read(
    headers: dict[str, str], method: str = "POST", path: str = PATH, now: int = NOW
) -> signatures.Signed | None:
    return signatures.read(method, path, {name: [value] for name, value in headers.items()}, now)


def is_right(signed: signatures.Signed | None) -> bool:
    return signed is not None and signed.is_by([PARTNER.public_key])


def test_what_the_partner_signed_is_the_partners() -> None:
    signed = read(HEADERS)

    assert signed is not None
    assert signed.is_by([PARTNER.public_key])
    assert signed.key_id == PARTNER.partner_id
    assert (signed.content_digest, signed.idempotency_key) == (digest(b"{}"), "key-00000001")


def test_a_reading_request_covers_method_and_path_alone() -> None:
    signed = read(PARTNER.signed("GET", "/partner/orders/1", created=NOW), "GET", "/partner/orders/1")

    assert signed is not None
    assert signed.is_by([PARTNER.public_key])
    assert (signed.content_digest, signed.idempotency_key) == ("", "")


def test_either_of_two_keys_will_do_and_no_third() -> None:
    signed = read(HEADERS)
    other = Partner("", "other").public_key

    assert signed is not None
    assert signed.is_by([other, PARTNER.public_key])
    assert not signed.is_by([other])
    assert not signed.is_by([])


@pytest.mark.parametrize("key", ["", "AAAA", "not base64!", "A" * 43 + "="])
def test_a_key_that_is_none_verifies_nothing(key: str) -> None:
    signed = read(HEADERS)

    assert signed is not None
    assert not signed.is_by([key])


@pytest.mark.parametrize(("age", "counts"), [(-31, False), (-30, True), (0, True), (240, True), (241, False)])
def test_it_is_good_for_four_minutes(age: int, counts: bool) -> None:
    assert is_right(read(HEADERS, now=NOW + age)) is counts


@given(
    name=st.sampled_from(sorted(HEADERS)),
    position=st.integers(0, 400),
    letter=st.characters(min_codepoint=33, max_codepoint=126),
)
def test_no_letter_of_what_is_covered_can_be_changed(name: str, position: int, letter: str) -> None:
    value = HEADERS[name]
    position %= len(value)
    changed = value[:position] + letter + value[position + 1 :]
    # The content type is not covered; the label of both headers is the client's own.
    harmless = changed == value or name == "Content-Type"

    assert is_right(read({**HEADERS, name: changed})) is harmless


@given(method=st.sampled_from(["GET", "PUT", "DELETE", "PATCH", "post", ""]))
def test_it_is_good_for_its_method_only(method: str) -> None:
    assert not is_right(read(HEADERS, method))


@given(path=st.text(max_size=40))
def test_it_is_good_for_its_path_only(path: str) -> None:
    assert is_right(read(HEADERS, path=path)) is (path == PATH)


@given(headers=st.dictionaries(st.sampled_from(sorted(HEADERS)), st.text(max_size=200)))
def test_no_header_breaks_it(headers: dict[str, str]) -> None:
    assert not is_right(read(headers))


@pytest.mark.parametrize("name", ["Signature", "Signature-Input", "Content-Digest", "Idempotency-Key"])
def test_a_header_that_counts_is_given_once(name: str) -> None:
    twice = {other: [value] * (2 if other == name else 1) for other, value in HEADERS.items()}

    assert signatures.read("POST", PATH, twice, NOW) is None


@pytest.mark.parametrize(
    "parameters",
    [
        ";created=1795253400",
        ';keyid="a"',
        ';created=1795253400;keyid="a";keyid="b"',
        ';created=1795253400;keyid="a";alg="hmac-sha256"',
        ';created=1795253400;keyid="a";tag="b"',
        ';created="1795253400";keyid="a"',
    ],
)
def test_parameters_are_those_of_the_profile(parameters: str) -> None:
    covered = HEADERS["Signature-Input"].partition(";")[0]

    assert read({**HEADERS, "Signature-Input": covered + parameters}) is None


@given(st.binary(max_size=200))
def test_the_digest_is_that_of_rfc_9530(body: bytes) -> None:
    assert content_digest(body) == digest(body)
