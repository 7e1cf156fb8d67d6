"""A real Chromium in front of the deployed web app."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, expect, sync_playwright

from tests.browser.site import SLOW, Site, session_of
from tests.stack import Member, MobileApi, Stack

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Best first: the shell has no windows, which the others keep even unseen, at twice the CPU."""
expect.set_options(timeout=SLOW)
OPTIONS = ["--no-sandbox", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine; without one the tests are skipped, and say so."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no Chromium on PATH (looked for {', '.join(NAMES)})")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile of its own."""
    made = browser.new_context(viewport={"width": 1200, "height": 860}, reduced_motion="reduce")
    made.set_default_timeout(SLOW)
    yield made
    made.close()


@pytest.fixture
def site(stack: Stack, context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Site]:
    """The web app in a tab; whatever the console says of an error fails the test that did not expect it."""
    tab = context.new_page()
    found = Site(stack, tab)
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # The managed login is not ours to mend.
        if message.type in ("error", "warning") and not message.location["url"].startswith(stack["LoginUrl"]):
            said.append(f"{message.text} {message.location['url']}")

    tab.on("console", note)
    tab.on("pageerror", lambda error: said.append(str(error)))
    yield found
    expected = [text for mark in request.node.iter_markers("console") for text in mark.args]
    unexpected = [line for line in said if not any(text in line for text in expected)]
    assert not unexpected, unexpected


@pytest.fixture(scope="session")
def session_of_member(stack: Stack, browser: Browser, member: Member) -> str:
    """What a tab keeps once the member has signed in, as JSON; the managed login is gone through once."""
    context = browser.new_context()
    site = Site(stack, context.new_page())
    site.open("/")
    site.sign_in(member)
    kept: str = site.page.evaluate("JSON.stringify({...sessionStorage})")
    context.close()
    return kept


@pytest.fixture
def signed_in(site: Site, session_of_member: str) -> Site:
    """The web app in a tab in which the member has signed in."""
    site.resume(session_of_member)
    return site


@pytest.fixture(scope="session")
def colleague(stack: Stack) -> Iterator[Member]:
    """Somebody of the staff."""
    person = stack.enrol("staff")
    yield person
    person.leave()


@pytest.fixture
def staff(stack: Stack, site: Site, colleague: Member) -> Site:
    """The web app in a tab in which somebody of the staff has signed in."""
    site.resume(session_of(stack, colleague))
    return site


def named_in(stack: Stack, person: Member) -> MobileApi:
    """Give somebody a name, and return the mobile API as they see it."""
    api = MobileApi(stack["MobileApiUrl"], person.token)
    assert api.make_profile(f"m_{secrets.token_hex(8)}").status_code == 201
    return api


@pytest.fixture(scope="session")
def author(stack: Stack, member: Member) -> MobileApi:
    """The mobile API as the member sees it, who has a name."""
    return named_in(stack, member)


@pytest.fixture(scope="session")
def friend(stack: Stack, stranger: Member) -> MobileApi:
    """The mobile API as another member sees it, who has a name, too."""
    return named_in(stack, stranger)


@pytest.fixture
def named(signed_in: Site, author: MobileApi) -> Site:  # noqa: ARG001 - who makes the name
    """The web app in a tab in which a member has signed in who has a name."""
    return signed_in


@pytest.fixture
def newcomer(stack: Stack, site: Site) -> Iterator[Site]:
    """The web app in a tab in which somebody has signed in who has no name yet."""
    person = stack.enrol("members")
    site.resume(session_of(stack, person))
    yield site
    person.leave()
