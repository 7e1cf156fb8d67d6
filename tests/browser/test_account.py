"""Making an account, signing in and out, and what happens to those who cheat at it."""

from __future__ import annotations

import secrets
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.site import SLOW, Site
from tests.federation import offered
from tests.providers import provider
from tests.stack import Member, Stack, claims_of

CODE_OF_THE_ENGINE = "123456"


def test_an_account_is_made_confirmed_and_signed_in_to(stack: Stack, site: Site) -> None:
    if not stack.on_this_machine:
        pytest.skip("the confirmation code goes to a mailbox")
    member = Member(stack, f"new-{secrets.token_hex(6)}@example.com", f"Aa1!{secrets.token_urlsafe(12)}")
    site.open("/sign-up")
    site.page.get_by_label("E-mail address").fill(member.email)
    site.page.get_by_label("Password").fill("short")
    site.shows("It still needs 12 characters")
    expect(site.button("Make the account")).to_be_disabled()
    site.page.get_by_label("Password").fill(member.password)
    site.button("Make the account").click()
    site.shows("We have sent it to this address")
    site.page.get_by_label("Code").fill(CODE_OF_THE_ENGINE)
    site.button("Confirm").click()
    site.page.locator("input[type=password]").wait_for(timeout=SLOW)
    site.open("/")
    site.sign_in(member)
    member.leave()


@pytest.mark.console("400")
def test_a_wrong_code_is_told_at_its_field(site: Site) -> None:
    site.open(f"/confirm?email=nobody-{secrets.token_hex(4)}@example.com")
    site.page.get_by_label("Code").fill("000000")
    site.button("Confirm").click()
    expect(site.page.get_by_label("Code")).to_have_attribute("aria-invalid", "true")


def test_whoever_signs_in_comes_back_to_the_page_they_wanted(site: Site, member: Member) -> None:
    site.open("/orders")
    site.shows("Please sign in")
    site.button("Sign in").click()
    site.page.locator("input[type=password]").wait_for(timeout=SLOW)
    site.page.locator("input[name=username]").fill(member.email)
    site.page.locator("input[type=password]").fill(member.password)
    site.page.locator("[type=submit]").first.click()
    site.page.wait_for_url(f"{site.url}/orders", timeout=SLOW)
    site.shows("Your orders")


def test_a_session_survives_a_reload_and_nothing_of_it_is_in_local_storage(signed_in: Site) -> None:
    signed_in.page.reload()
    expect(signed_in.page.get_by_role("button", name="Account of")).to_be_visible(timeout=SLOW)
    kept: str = signed_in.page.evaluate("JSON.stringify({...localStorage})")
    assert "eyJ" not in kept  # no token


def test_signing_out_ends_the_session_here_and_at_cognito(signed_in: Site) -> None:
    store: str = signed_in.page.evaluate("JSON.stringify({...sessionStorage})")
    assert "refresh_token" in store
    signed_in.page.get_by_role("button", name="Account of").click()
    signed_in.page.get_by_role("menuitem", name="Sign out").click()
    expect(signed_in.page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible(
        timeout=SLOW
    )
    assert "refresh_token" not in signed_in.page.evaluate("JSON.stringify({...sessionStorage})")


@pytest.mark.console("400")
@pytest.mark.parametrize("address", ["/signed-in?code=stolen&state=made-up", "/signed-in"])
def test_a_code_that_this_tab_did_not_ask_for_gets_nowhere(site: Site, address: str) -> None:
    site.open(address)
    site.shows("This sign-in was begun elsewhere, or it is used up")
    expect(site.page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()


@pytest.mark.console("400")
def test_a_sign_in_cannot_be_replayed(site: Site, member: Member) -> None:
    seen: list[str] = []
    site.page.on("request", lambda request: seen.append(request.url))
    site.open("/")
    site.sign_in(member)
    used = next(
        url for url in seen if urlsplit(url).path == "/signed-in" and "code" in parse_qs(urlsplit(url).query)
    )
    site.page.goto(used)
    site.shows("This sign-in was begun elsewhere, or it is used up")


@pytest.mark.console("401")
def test_a_tampered_token_gets_nowhere(signed_in: Site) -> None:
    signed_in.page.evaluate(
        """() => {
            const entries = Object.entries({...sessionStorage});
            const [key, kept] = entries.find(([, value]) => value.includes("access_token"));
            const user = JSON.parse(kept);
            const [head, body] = user.access_token.split(".");
            user.access_token = [head, body, "AAAA"].join(".");
            sessionStorage.setItem(key, JSON.stringify(user));
        }"""
    )
    signed_in.open("/orders")
    signed_in.shows("Valid credentials are needed")


# The provider's page asks others for its looks.
@pytest.mark.console("ERR_NAME_NOT_RESOLVED", "404")
def test_a_sign_in_by_another_provider_ends_in_the_app(stack: Stack, site: Site) -> None:
    if not stack.on_this_machine:
        pytest.skip("AWS cannot reach a provider on this machine")
    with provider() as neighbours, offered(stack, neighbours) as name:
        neighbours.knows("grace", email="grace@example.com", email_verified=True)
        site.open("/orders")
        site.button("Sign in").click()
        site.page.get_by_role("link", name=f"Continue with {name}").click()
        site.page.locator("input[name=sub]").fill("grace")
        site.page.locator("[type=submit]").first.click()

        site.page.wait_for_url(f"{site.url}/orders", timeout=SLOW)
        site.shows("Your orders")
        expect(site.page.get_by_role("button", name="Account of grace@example.com")).to_be_visible()


def expire(site: Site, **changes: Any) -> None:
    """Let the tab's access token be about to end, and change more of what the tab keeps."""
    site.page.evaluate(
        """changes => {
            const users = Object.entries({...sessionStorage}).filter(([key]) => key.startsWith("oidc.user"));
            const [key, kept] = users[0];
            sessionStorage.setItem(key, JSON.stringify({...JSON.parse(kept), ...changes}));
        }""",
        {"expires_at": int(time.time()) + 5, **changes},
    )


def kept_token(site: Site) -> str:
    """Return the access token that the tab keeps."""
    token: str = site.page.evaluate(
        """JSON.parse(Object.entries({...sessionStorage}).find(([key]) => key.startsWith("oidc.user"))[1])
            .access_token"""
    )
    return token


def test_a_token_that_ends_is_renewed_once_for_all_who_wait(named: Site) -> None:
    renewals: list[str] = []
    named.page.on("request", lambda each: renewals.append(each.url) if "/oauth2/token" in each.url else None)
    before = kept_token(named)
    expire(named)
    named.open("/feed")  # asks for several things at once
    expect(named.page.get_by_role("textbox", name="What do you want to say?")).to_be_visible(timeout=SLOW)
    named.settled()
    assert len(renewals) == 1
    after = kept_token(named)
    assert after != before
    assert claims_of(after)["exp"] > time.time() + 60
    expect(named.page.get_by_role("button", name="Account of")).to_be_visible()


@pytest.mark.console("400")
def test_who_cannot_be_renewed_is_asked_to_sign_in_again(signed_in: Site) -> None:
    expire(signed_in, refresh_token="revoked")
    signed_in.open("/orders")
    signed_in.shows("Please sign in")
    assert (
        signed_in.page.evaluate("Object.keys({...sessionStorage}).filter(k => k.startsWith('oidc.user'))")
        == []
    )


@pytest.mark.console("ERR_FAILED")
def test_a_sign_in_that_is_not_reached_ends_no_session(signed_in: Site) -> None:
    expire(signed_in)
    signed_in.page.route("**/oauth2/token", lambda route: route.abort(), times=2)
    signed_in.open("/orders")
    signed_in.shows("Your orders")
    signed_in.settled()
    expect(signed_in.page.get_by_role("alert")).to_have_count(0)
    expect(signed_in.page.get_by_role("button", name="Account of")).to_be_visible()
