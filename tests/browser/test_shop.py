"""Anybody looks around the shop and fills a cart."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.site import SLOW, Site


def names(site: Site) -> list[str]:
    site.settled()
    return site.page.locator("main").get_by_role("heading", level=2).all_inner_texts()


def test_the_catalogue_is_searched_by_name_and_category(site: Site) -> None:
    site.open("/")
    expect(site.page.get_by_role("heading", name="Stoneware teapot")).to_be_visible(timeout=SLOW)
    site.page.get_by_label("Search by name").fill("stone")
    expect(site.page.get_by_role("heading", level=2)).to_have_count(2, timeout=SLOW)
    assert names(site) == ["Stoneware cup", "Stoneware teapot"]
    site.button("pantry").click()
    site.shows("Nothing by that name")
    site.page.get_by_label("Search by name").fill("")
    expect(site.page.get_by_role("heading", name="Lime blossom honey")).to_be_visible(timeout=SLOW)


def test_a_search_is_in_the_address(site: Site) -> None:
    site.open("/?name=stone&category=kitchen")
    expect(site.page.get_by_label("Search by name")).to_have_value("stone")
    expect(site.page.get_by_role("heading", level=2)).to_have_count(2, timeout=SLOW)


def test_what_is_added_is_in_the_cart(site: Site) -> None:
    site.open("/")
    site.button("Add Stoneware teapot to the cart").click(timeout=SLOW)
    site.button("Add Stoneware teapot to the cart").click()
    site.page.get_by_role("banner").get_by_role("link", name="Cart").click()
    expect(site.page.get_by_label("How many of Stoneware teapot")).to_have_text("2")
    site.button("One Stoneware teapot less").click()
    site.button("One Stoneware teapot less").click()
    site.shows("Your cart is empty")


@pytest.mark.console("500")
def test_a_fault_of_the_catalogue_is_told_and_tried_again(site: Site) -> None:
    fault = {"title": "Internal Server Error", "status": 500, "detail": "The service failed."}
    site.page.route("**/api/catalog/products*", lambda route: route.fulfill(status=500, json=fault))
    site.open("/")
    site.shows("The service has a fault")
    site.page.unroute_all()
    site.button("Try again").click()
    expect(site.page.get_by_role("heading", name="Stoneware teapot")).to_be_visible(timeout=SLOW)
