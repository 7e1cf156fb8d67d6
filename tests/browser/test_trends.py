"""A member looks at what people post about, and asks for a report."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.site import SLOW, Site
from tests.stack import Stack

TOP = {
    "window_start": "2026-01-02T03:04:00Z",
    "window_seconds": 60,
    "items": [{"hashtag": "teatime", "count": 42}, {"hashtag": "kettle", "count": 7}],
}


@pytest.fixture(autouse=True)
def deployed(stack: Stack) -> None:
    """The stream costs while idle, so a stack may be without it."""
    if not stack.has("stream"):
        pytest.skip("the stream service is left out of this stack: it is there with StreamService=true")


def test_the_top_is_shown_and_a_hashtag_is_followed(signed_in: Site) -> None:
    signed_in.page.route("**/api/stream/trends?*", lambda route: route.fulfill(json=TOP))
    signed_in.open("/trends")
    expect(signed_in.page.get_by_role("heading", name="#teatime, the last hour")).to_be_visible(timeout=SLOW)
    signed_in.page.get_by_role("button", name="#kettle").click()
    expect(signed_in.page.get_by_role("heading", name="#kettle, the last hour")).to_be_visible()
    expect(signed_in.page.get_by_role("img", name="Posts with #kettle over time")).to_be_visible(timeout=SLOW)


def test_a_report_is_asked_for_and_followed(signed_in: Site) -> None:
    signed_in.open("/trends")
    signed_in.button("Ask for a report").click(timeout=SLOW)
    row = signed_in.page.get_by_role("region", name="Report on the archive").get_by_role("listitem")
    expect(row.get_by_text("Under way").or_(row.get_by_text("Ready"))).to_be_visible(timeout=SLOW)
