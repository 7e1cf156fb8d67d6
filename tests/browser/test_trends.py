"""A member looks at what people post about, and asks for a report."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.site import SLOW, Site

TOP = {
    "window_start": "2026-01-02T03:04:00Z",
    "window_seconds": 60,
    "items": [{"hashtag": "teatime", "count": 42}, {"hashtag": "kettle", "count": 7}],
}


@pytest.mark.usefixtures("stream")
def test_the_top_is_shown_and_a_hashtag_is_followed(signed_in: Site) -> None:
    signed_in.page.route("**/api/stream/trends?*", lambda route: route.fulfill(json=TOP))
    signed_in.open("/trends")
    expect(signed_in.page.get_by_role("heading", name="#teatime, the last hour")).to_be_visible(timeout=SLOW)
    signed_in.page.get_by_role("button", name="#kettle").click()
    expect(signed_in.page.get_by_role("heading", name="#kettle, the last hour")).to_be_visible()
    expect(signed_in.page.get_by_role("img", name="Posts with #kettle over time")).to_be_visible(timeout=SLOW)


@pytest.mark.usefixtures("stream")
def test_a_report_is_asked_for_and_followed(signed_in: Site) -> None:
    signed_in.open("/trends")
    signed_in.button("Ask for a report").click(timeout=SLOW)
    row = signed_in.page.get_by_role("region", name="Report on the archive").get_by_role("listitem")
    expect(row.get_by_text("Under way").or_(row.get_by_text("Ready"))).to_be_visible(timeout=SLOW)


@pytest.mark.console("404")
def test_a_stack_without_the_service_says_so(signed_in: Site) -> None:
    missing = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "There is no such path."}
    signed_in.page.route(
        "**/api/stream/**",
        lambda route: route.fulfill(status=404, json=missing, content_type="application/problem+json"),
    )
    signed_in.open("/trends")
    signed_in.shows("The stream is switched off here")
    signed_in.shows("StreamService=true")
