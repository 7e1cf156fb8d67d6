"""Staff keep the shop going: approvals, catalogue, partners, dead letters; nobody else sees these places."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Route, expect

from tests.browser.site import SLOW, Site, session_of
from tests.posts import eventually
from tests.stack import OFFER, ORDER, CatalogApi, Member, OrdersApi, Stack

PAGES = ("/staff/approvals", "/staff/catalogue", "/staff/catalogue/new", "/staff/partners", "/staff/queues")
LARGE = {**ORDER, "lines": [{"product_id": "teapot", "quantity": 1, "unit_price": 1_500_000}]}


@pytest.fixture
def waiting(stocked: Stack, member: Member) -> str:
    """An order that waits for approval."""
    orders = OrdersApi(stocked["OrdersApiUrl"], member.token)
    order_id: str = orders.create(LARGE).json()["order_id"]
    return order_id


@pytest.fixture
def product(stack: Stack, colleague: Member) -> Iterator[str]:
    """A product that is there for one test."""
    catalog, name = CatalogApi(stack["CatalogApiUrl"], colleague.token), f"test-{secrets.token_hex(4)}"
    assert catalog.add({**OFFER, "product_id": name}).status_code == 201
    yield name
    catalog.remove(name, **{"If-Match": "*"})


def test_a_member_who_opens_a_place_of_staffs_is_told_so(signed_in: Site) -> None:
    signed_in.page.get_by_role("button", name="Account of").click()
    expect(signed_in.page.get_by_role("menuitem", name="For developers")).to_be_visible()
    expect(signed_in.page.get_by_role("menuitem", name="For staff")).to_have_count(0)
    for path in PAGES:
        signed_in.open(path)
        signed_in.shows("This place is for staff")


@pytest.mark.usefixtures("approvals")
def test_a_large_order_is_approved_with_a_reason(
    staff: Site, stocked: Stack, member: Member, waiting: str
) -> None:
    staff.page.get_by_role("button", name="Account of").click()
    staff.page.get_by_role("menuitem", name="For staff").click()
    order = staff.page.get_by_role("listitem").filter(has_text=waiting)
    expect(order).to_be_visible(timeout=SLOW)
    order.get_by_role("button", name="Approve").click()
    expect(order.get_by_label("Reason")).to_have_attribute("aria-invalid", "true")
    order.get_by_label("Reason").fill("Known customer")
    order.get_by_role("button", name="Approve").click()
    expect(staff.page.get_by_text("You approved it.").first).to_be_attached(timeout=SLOW)
    followed = OrdersApi(stocked["OrdersApiUrl"], member.token).follow(waiting)
    assert followed["status"] == "CONFIRMED"
    expect(order).to_have_count(0, timeout=SLOW)


@pytest.mark.console("409")
@pytest.mark.usefixtures("approvals")
def test_who_answers_too_late_is_told_the_answer_that_stands(
    staff: Site, stack: Stack, colleague: Member, waiting: str
) -> None:
    orders = OrdersApi(stack["OrdersApiUrl"], colleague.token)
    eventually(lambda: waiting in orders.send("GET", "/staff/approvals").text)
    # The list, which is asked for again and again, does not lose the order before it is answered here.
    listed = orders.send("GET", "/staff/approvals").json()
    staff.page.route("**/api/orders/staff/approvals*", lambda route: route.fulfill(json=listed))

    def answer_first(route: Route) -> None:
        given = {"answer": "APPROVED", "reason": "Known"}
        assert orders.send("POST", f"/orders/{waiting}/approval", json=given).status_code == 200
        route.continue_()

    staff.page.route(f"**/orders/{waiting}/approval", answer_first)
    staff.open("/staff/approvals")
    order = staff.page.get_by_role("listitem").filter(has_text=waiting)
    order.get_by_label("Reason").fill("Too much tea")
    order.get_by_role("button", name="Refuse").click()
    expect(order.get_by_role("status")).to_have_text(re.compile("approved"), timeout=SLOW)


def test_a_product_is_added_changed_and_removed(staff: Site, stack: Stack) -> None:
    name = f"test-{secrets.token_hex(4)}"
    staff.open("/staff/catalogue")
    staff.button("Add a product").click()
    staff.button("Add the product").click()
    expect(staff.page.get_by_label("Product id")).to_have_attribute("aria-invalid", "true")
    staff.page.get_by_label("Product id").fill(name)
    for label, text in (("Name", f"A {name}"), ("Category", "tests"), ("Price", "24,5")):
        staff.page.get_by_label(label, exact=True).fill(text)
    staff.button("Add the product").click()
    row = staff.page.get_by_role("link", name=name).first
    row.click(timeout=SLOW)
    expect(staff.page.get_by_label("Price")).to_have_value("24.50", timeout=SLOW)
    staff.page.get_by_label("Price").fill("19.90")
    staff.button("Save the change").click()
    expect(staff.page.get_by_role("heading", name="Catalogue")).to_be_visible(timeout=SLOW)
    assert CatalogApi(stack["CatalogApiUrl"], None).get(name).json()["unit_price"] == 1990
    row.click(timeout=SLOW)
    staff.button("Remove").click(timeout=SLOW)
    staff.page.get_by_role("alertdialog").get_by_role("button", name="Remove it").click()
    expect(staff.page.get_by_role("heading", name="Catalogue")).to_be_visible(timeout=SLOW)
    assert CatalogApi(stack["CatalogApiUrl"], None).get(name).status_code == 404


@pytest.mark.console("412")
def test_nobodys_change_of_a_product_is_lost(
    staff: Site, stack: Stack, colleague: Member, product: str
) -> None:
    staff.open(f"/staff/catalogue/{product}")
    staff.page.get_by_label("Price").fill("2.00")
    catalog = CatalogApi(stack["CatalogApiUrl"], colleague.token)
    catalog.change(product, {**OFFER, "description": "It was changed."}, **{"If-Match": "*"})
    staff.button("Save the change").click()
    staff.shows("Somebody else changed it meanwhile")
    staff.shows("It was changed.")
    assert catalog.get(product).json()["unit_price"] == OFFER["unit_price"]
    staff.button("I have seen it").click()
    staff.page.get_by_label("Description").fill("It was changed.")
    staff.button("Save the change").click()
    expect(staff.page.get_by_role("heading", name="Catalogue")).to_be_visible(timeout=SLOW)
    changed = catalog.get(product).json()
    assert (changed["unit_price"], changed["description"]) == (200, "It was changed.")


def test_an_application_is_registered_with_a_key_made_here_and_revoked_by_staff(
    stack: Stack, site: Site, colleague: Member
) -> None:
    owner, name = stack.enrol("members"), f"till {secrets.token_hex(4)}"
    site.resume(session_of(stack, owner))
    site.open("/developers")
    site.page.get_by_label("Application").fill(name)
    site.button("Register").click()
    expect(site.page.get_by_label("Purpose")).to_have_attribute("aria-invalid", "true")
    site.page.get_by_label("Purpose").fill("Orders tea")
    site.button("Make a pair of keys here").click()
    site.shows("Made. The secret half")
    site.button("Register").click()
    site.shows("The secret key, now and never again")
    site.shows(owner.claims["sub"])
    secret = site.page.locator("code.secret").inner_text()
    site.resume(session_of(stack, colleague))
    site.open("/staff/partners")
    assert secret not in site.page.content()
    site.button(f"Revoke {name}").click(timeout=SLOW)
    dialog = site.page.get_by_role("alertdialog")
    assert not site.violations()
    dialog.get_by_role("button", name="Revoke for good").click()
    row = site.page.get_by_role("listitem").filter(has_text=name)
    expect(row.get_by_text("Revoked")).to_be_visible(timeout=SLOW)
    owner.leave()


@pytest.mark.console("503")
def test_a_queue_is_redriven_and_its_progress_is_seen(staff: Site, stack: Stack) -> None:
    url = stack.physical_id("orders", "UnpublishedQueue")
    stack.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"of": "no known kind"}))
    try:
        staff.open("/staff/queues")
        card = staff.page.get_by_role("listitem").filter(has_text="UnpublishedQueue")
        redrive = card.get_by_role("button", name="Redrive Events that nobody heard")
        expect(redrive).to_be_visible(timeout=SLOW)
        staff.page.route(
            "**/redrive", lambda route: route.fulfill(status=503, json={"detail": "Not now."}), times=1
        )
        redrive.click()
        expect(card.get_by_text("Not now.")).to_be_visible(timeout=SLOW)
        card.get_by_role("button", name="Try again").click()
        expect(card.get_by_text("1 stay")).to_be_visible(timeout=SLOW)
        expect(card.get_by_text("it does not say where it came from")).to_be_visible()
    finally:
        stack.client("sqs").purge_queue(QueueUrl=url)


@pytest.mark.console("500")
def test_a_fault_is_told_and_tried_again(staff: Site) -> None:
    fault = {"title": "Internal Server Error", "status": 500, "detail": "The service failed."}
    staff.page.route("**/api/operations/queues", lambda route: route.fulfill(status=500, json=fault))
    staff.open("/staff/queues")
    staff.shows("The service has a fault")
    staff.page.unroute_all()
    staff.button("Try again").click()
    staff.shows("Sagas left to people")


def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(staff: Site) -> None:
    found = {}
    for width, scheme in ((1200, "light"), (360, "dark")):
        staff.page.set_viewport_size({"width": width, "height": 740})
        staff.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for path in (*PAGES, "/staff/catalogue/teapot", "/developers"):
            staff.open(path)
            staff.settled()
            found[path, width] = staff.violations() + ["wider than its window"] * staff.overflows()
        staff.page.get_by_role("button", name="How it works").click()
        staff.page.get_by_role("dialog").get_by_role("img").wait_for()
        found["how it works", width] = staff.violations()
    assert not any(found.values()), found
