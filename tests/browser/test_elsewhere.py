"""Another origin gets nowhere: what a page of somebody else's can do with a member's browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.browser.site import Site
from tests.stack import Member, OrdersApi, Stack


class Foreign(BaseHTTPRequestHandler):
    """A page of another origin, which says nothing."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title><body>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere(signed_in: Site) -> Iterator[Site]:
    """The member's tab, gone on to a page of another origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Foreign)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    signed_in.page.goto(f"http://localhost:{server.server_port}/")
    yield signed_in
    server.shutdown()
    server.server_close()


@pytest.mark.console("CORS", "ERR_FAILED")
@pytest.mark.parametrize("path", ["/", "/config.json", "/api/orders/orders", "/api/catalog/products"])
@pytest.mark.parametrize("credentials", ["omit", "include"])
def test_it_reads_no_answer(elsewhere: Site, path: str, credentials: str) -> None:
    outcome = elsewhere.page.evaluate(
        "([url, credentials]) => fetch(url, {credentials}).then(() => 'read', error => error.name)",
        [elsewhere.url + path, credentials],
    )
    assert outcome == "TypeError"


@pytest.mark.console("CORS", "ERR_FAILED", "401", "ORB", "ERR_BLOCKED")
def test_it_places_no_order_in_the_members_name(elsewhere: Site, stack: Stack, member: Member) -> None:
    orders = OrdersApi(stack["OrdersApiUrl"], member.token)
    before = orders.list(limit=1).json()
    url = f"{elsewhere.url}/api/orders/orders"
    # A form needs no permission of the other origin, and sends whatever cookies there are: there are none.
    elsewhere.page.evaluate(
        """url => new Promise(done => {
            const frame = document.body.appendChild(document.createElement("iframe"));
            frame.name = "target";
            frame.onload = () => done();
            setTimeout(done, 3000);
            const form = document.body.appendChild(document.createElement("form"));
            Object.assign(form, {action: url, method: "post", enctype: "text/plain", target: "target"});
            form.submit();
        })""",
        url,
    )
    refused = elsewhere.page.evaluate(
        """url => fetch(url, {method: "POST", credentials: "include",
            headers: {"Content-Type": "application/json", "Idempotency-Key": "0123456789"}, body: "{}"})
            .then(() => "sent", error => error.name)""",
        url,
    )
    assert refused == "TypeError"
    assert orders.list(limit=1).json() == before


@pytest.mark.console("frame", "X-Frame-Options", "Framing", "frame-ancestors", "ERR_BLOCKED")
def test_it_shows_no_page_of_the_app_in_a_frame(elsewhere: Site) -> None:
    elsewhere.page.evaluate(
        """url => new Promise(done => {
            const frame = document.body.appendChild(document.createElement("iframe"));
            frame.onload = () => done();
            frame.src = url;
            setTimeout(done, 3000);
        })""",
        f"{elsewhere.url}/orders",
    )
    (frame,) = (frame for frame in elsewhere.page.frames if frame.parent_frame)
    assert frame.locator("#root").count() == 0


@pytest.mark.console("ERR_BLOCKED", "ERR_FAILED", "CORS", "MIME")
def test_it_runs_no_answer_and_no_file_of_the_app(elsewhere: Site) -> None:
    loads = """url => new Promise(done => {
        const script = document.createElement("script");
        Object.assign(script, {src: url, onload: () => done("ran"), onerror: () => done("refused")});
        document.body.append(script);
    })"""
    for path in ("/api/catalog/products", "/config.json"):
        assert elsewhere.page.evaluate(loads, elsewhere.url + path) == "refused", path


@pytest.mark.console("Content Security Policy", "violates")
def test_a_script_that_got_into_the_page_neither_runs_nor_reports_home(signed_in: Site) -> None:
    signed_in.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.stolen = JSON.stringify({...sessionStorage})";
            document.body.append(script);
            document.body.insertAdjacentHTML("beforeend", "<img src=x: onerror='window.stolen = 1'>");
        }"""
    )
    assert signed_in.page.evaluate("window.stolen") is None
    assert signed_in.page.evaluate("fetch('https://elsewhere.example.com/').catch(error => error.name)") == (
        "TypeError"
    )
