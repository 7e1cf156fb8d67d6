"""The web app as a person uses it: what is on the screen, and what they press."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.stack import Member, Stack, claims_of

COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe that look at colours, and so at what night changes."""
SLOW = 60_000
"""Milliseconds for what starts functions that nobody has called yet."""
PRODUCTS = {
    "teapot": {"product_id": "teapot", "name": "Teapot", "unit_price": 2450, "currency": "EUR"},
    "cup": {"product_id": "cup", "name": "Cup", "unit_price": 700, "currency": "EUR"},
    "gold_cup": {"product_id": "cup", "name": "Gold cup", "unit_price": 1_500_000, "currency": "EUR"},
}


def session_of(stack: Stack, member: Member) -> str:
    """Return what a tab keeps once a member has signed in, made from a sign-in by password."""
    tokens = member.tokens
    user = {
        "access_token": tokens["AccessToken"],
        "id_token": tokens["IdToken"],
        "refresh_token": tokens["RefreshToken"],
        "token_type": "Bearer",
        "scope": member.claims["scope"],
        "profile": claims_of(tokens["IdToken"]),
        "expires_at": member.claims["exp"],
    }
    return json.dumps({f"oidc.user:{stack['LoginUrl']}:{stack['UserPoolClientId']}": json.dumps(user)})


class Site:
    """The web app in one tab."""

    def __init__(self, stack: Stack, page: Page) -> None:
        self.url = stack["WebUrl"].rstrip("/")
        self.page = page

    def open(self, path: str) -> None:
        """Go to a path of the app, and wait until it shows something."""
        self.page.goto(self.url + path)
        self.page.locator("main").wait_for(timeout=SLOW)

    def resume(self, kept: str) -> None:
        """Be signed in, as a tab is that keeps this."""
        # Any page of the domain; this one names no icon, so the browser would ask for one that is not there.
        self.page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        self.page.goto(f"{self.url}/config.json")
        self.page.evaluate("kept => Object.assign(sessionStorage, JSON.parse(kept))", kept)
        self.open("/")

    def button(self, name: str) -> Locator:
        """The button or link with this name in the page itself."""
        main = self.page.locator("main, [role=dialog], [role=alertdialog]")
        return main.get_by_role("button", name=name).or_(main.get_by_role("link", name=name)).first

    def sign_in(self, member: Member) -> None:
        """Sign in through the managed login, and come back."""
        self.page.get_by_role("banner").get_by_role("link", name="Sign in").click()
        self.page.locator("input[type=password]").wait_for(timeout=SLOW)
        self.page.locator("input[name=username]").fill(member.email)
        self.page.locator("input[type=password]").fill(member.password)
        self.page.locator("[type=submit]").first.click()
        expect(self.page.get_by_role("button", name="Account of")).to_be_visible(timeout=SLOW)

    def fill_cart(self, **quantities: int) -> None:
        """Have products in the cart, as an earlier visit left them."""
        lines: list[dict[str, Any]] = [{**PRODUCTS[name], "quantity": n} for name, n in quantities.items()]
        self.page.evaluate("lines => localStorage.setItem('cart', lines)", json.dumps(lines))
        self.open("/cart")

    def order(self, **choices: str) -> str:
        """Place what is in the cart with the payment and the shipment given; return the order's id."""
        for label, choice in choices.items():
            self.page.get_by_label(label.replace("_", " ").capitalize()).select_option(choice)
        self.button("Place the order").click()
        self.page.wait_for_url(re.compile(r"/orders/[0-9a-f-]{36}$"), timeout=SLOW)
        return self.page.url.rpartition("/")[2]

    def stops(self) -> dict[str, str]:
        """The stops of the order on the page with their states."""
        found = {}
        for stop in self.page.get_by_role("list", name="The way of the order").get_by_role("listitem").all():
            name, _, state = stop.locator("strong").inner_text().partition(",")
            found[name.strip()] = state.strip()
        return found

    def settled(self) -> None:
        """Wait until nothing on the page is loading."""
        expect(self.page.get_by_role("status", name="Loading")).to_have_count(0, timeout=SLOW)

    def shows(self, words: str) -> None:
        """Wait until the page says so."""
        expect(self.page.locator("main").get_by_text(words).first).to_be_visible(timeout=SLOW)

    def paint(self, scheme: Literal["light", "dark"]) -> None:
        """Let the page be by day or by night, and wait until it is painted so."""
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def violations(self, rules: Sequence[str] = ()) -> list[str]:
        """What axe finds wrong with the page, rule and element; by some rules alone where they are named."""
        asked: dict[str, Any] = {"resultTypes": ["violations"]}  # and not all that is right, told in full
        if rules:
            asked["runOnly"] = {"type": "rule", "values": [*rules]}
        found = Axe().run(self.page, options=asked).response["violations"]
        return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]

    def overflows(self) -> bool:
        """Whether the page is wider than its window."""
        wide: bool = self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        return wide
