"""What CloudFront's functions make of a request: run by node, as they stand in the template."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.templates import ROOT, Template

HOSTING = Template(ROOT / "functions/web/hosting.yaml")
# The functions run as scripts without node's own globals, which CloudFront's runtime has not.
RUN = """
const vm = require('vm');
const [code, uris] = JSON.parse(require('fs').readFileSync(0));
const event = uri => ({ request: { method: 'GET', uri, querystring: { a: { value: '1' } }, headers: {} } });
const run = uri => vm.runInNewContext(code + ';handler(event)', { event: event(uri) });
process.stdout.write(JSON.stringify(uris.map(run)));
"""
NODE = shutil.which("node") or ""
pytestmark = pytest.mark.skipif(not NODE, reason="no node on PATH to run JavaScript with")
SEGMENT = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="/?#."), max_size=8)
# Each example starts a process.
few = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def answers(function: str, *uris: str) -> list[dict[str, Any]]:
    """Return what a function of the template answers to requests for these paths."""
    code = HOSTING.resources("AWS::CloudFront::Function")[function]["Properties"]["FunctionCode"]
    run = subprocess.run(  # noqa: S603 - our own code
        [NODE, "-e", RUN],
        input=json.dumps([code, uris]),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    answered: list[dict[str, Any]] = json.loads(run.stdout)
    return answered


def paths(function: str, *uris: str) -> list[str]:
    """Return the paths that the origin is asked for."""
    return [answer["uri"] for answer in answers(function, *uris)]


class TestRoutes:
    """The app answers every path that is no file's."""

    def test_a_route_of_the_app_is_its_page(self) -> None:
        assert set(paths("SpaRoutes", "/", "/orders", "/orders/", "/orders/42", "/v1.2/notes", "//")) == {
            "/index.html"
        }

    def test_a_file_stays_what_it_is(self) -> None:
        files = ["/config.json", "/favicon.ico", "/a/b.txt", "/.well-known/security.txt", "/index.html"]

        assert paths("SpaRoutes", *files) == files

    @pytest.mark.parametrize("path", ["/api/", "/api/none", "/api/none/thing.json"])
    def test_an_api_that_is_not_there_is_not_the_app(self, path: str) -> None:
        (answer,) = answers("SpaRoutes", path)

        assert answer["statusCode"] == 404
        assert json.loads(answer["body"])["status"] == 404
        assert answer["headers"]["content-type"]["value"] == "application/problem+json"

    @few
    @given(st.lists(st.lists(SEGMENT, max_size=5), min_size=20, max_size=50))
    def test_whatever_the_route_the_query_is_kept(self, routes: list[list[str]]) -> None:
        for answer in answers("SpaRoutes", *("/" + "/".join(["app", *route]) for route in routes)):
            assert answer["uri"] == "/index.html"
            assert answer["querystring"] == {"a": {"value": "1"}}


class TestPrefixes:
    """An API gets the path as its contract has it."""

    def test_the_prefix_goes_once(self) -> None:
        given_paths = [
            "/api/orders/orders/1",
            "/api/catalog/products",
            "/api/orders/api/orders/x",
            "/api/orders/",
        ]

        assert paths("ApiPrefix", *given_paths) == ["/orders/1", "/products", "/api/orders/x", "/"]

    @few
    @given(st.lists(st.lists(SEGMENT, min_size=1, max_size=5), min_size=20, max_size=50))
    def test_what_follows_it_is_untouched(self, rests: list[list[str]]) -> None:
        wanted = ["/" + "/".join(rest) for rest in rests]

        assert paths("ApiPrefix", *(f"/api/mobile{path}" for path in wanted)) == wanted
