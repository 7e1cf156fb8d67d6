"""A member fills a cart, orders, and sees what becomes of it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.site import Site

pytestmark = pytest.mark.usefixtures("stocked", "approvals")


def test_an_order_is_followed_to_its_confirmation(signed_in: Site) -> None:
    signed_in.fill_cart(teapot=2, cup=6)
    signed_in.shows("€91.00")
    signed_in.order()
    signed_in.shows("The order is confirmed")
    assert set(signed_in.stops().values()) == {"done"}
    assert list(signed_in.stops()) == ["Placed", "Stock", "Payment", "Shipment", "Confirmed"]


@pytest.mark.parametrize(
    ("choices", "said", "states"),
    [
        (
            {"pay_with": "tok_declined"},
            "The payment was declined",
            ["done", "undone", "failed", "not reached", "failed"],
        ),
        (
            {"ship_with": "ship_unavailable"},
            "It cannot be shipped there",
            ["done", "undone", "undone", "failed", "failed"],
        ),
    ],
    ids=["payment declined", "nobody ships there"],
)
def test_what_was_done_for_a_rejected_order_is_seen_undone(
    signed_in: Site, choices: dict[str, str], said: str, states: list[str]
) -> None:
    signed_in.fill_cart(cup=1)
    signed_in.order(**choices)
    signed_in.shows(said)
    assert list(signed_in.stops().values()) == states


def test_an_order_that_awaits_approval_is_cancelled_from_its_page(signed_in: Site) -> None:
    signed_in.fill_cart(gold_cup=1)
    signed_in.order()
    signed_in.shows("Staff were asked for their approval")
    assert signed_in.stops()["Approval"] == "under way"
    signed_in.button("Cancel the order").click()
    signed_in.shows("The order is cancelled, and nothing of it is left")
    assert signed_in.stops() == {
        "Placed": "done", "Stock": "undone", "Approval": "not reached",
        "Payment": "not reached", "Shipment": "not reached", "Cancelled": "undone",
    }  # fmt: skip


@pytest.mark.console("503", "429")
@pytest.mark.parametrize("status", [503, 429])
def test_an_order_whose_first_try_fails_is_placed_once(signed_in: Site, status: int) -> None:
    keys = []

    def fail_once(route, request):  # type: ignore[no-untyped-def]
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fulfill(status=status, headers={"Retry-After": "1"}, json={"detail": "Not now."})
        else:
            route.continue_()

    signed_in.page.route("**/api/orders/orders", fail_once)
    signed_in.fill_cart(cup=1)
    signed_in.order()
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_the_cart_waits_for_who_signs_in_later(site: Site) -> None:
    site.open("/")
    site.fill_cart(teapot=1)
    site.shows("Teapot")
    expect(site.button("Sign in to order")).to_be_visible()


def test_what_an_order_went_through_is_told(signed_in: Site) -> None:
    signed_in.fill_cart(cup=1)
    signed_in.order()
    signed_in.page.get_by_role("button", name="How it works").click()
    dialog = signed_in.page.get_by_role("dialog")
    expect(dialog.get_by_text("POST /orders", exact=True)).to_be_visible()
    picture = dialog.get_by_role("img", name="Scenario 1 · the RESTful microservice")
    expect(picture).to_have_accessible_description(re.compile(r"API Gateway, create order, .*Order saga"))
    dialog.get_by_role("button", name="GET /orders/{order_id}").last.click()
    expect(picture).not_to_have_accessible_description(re.compile("create order"))
    signed_in.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
