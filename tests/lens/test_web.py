"""Scenario 4, the web application."""

from __future__ import annotations

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests

from local.publish import config, site_of
from tests import templates
from tests.stack import OFFER, CatalogApi, Member, Stack
from tests.web import Viewer

CATALOG = templates.operations("web")


@pytest.mark.lens("WEB-1")
def test_the_bucket_is_private_versioned_and_the_distributions_own(stack: Stack) -> None:
    s3, bucket = stack.client("s3"), stack["WebBucket"]

    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert stack.physical_id("web", "Distribution") in policy
    door = f"{stack['EngineUrl']}/{bucket}" if stack.on_this_machine else f"https://{bucket}.s3.amazonaws.com"
    assert requests.get(f"{door}/site/index.html", timeout=30).status_code == 403
    assert Viewer(stack).get("/index.html").status_code == 200


@pytest.mark.lens("WEB-1")
def test_the_origin_is_read_by_access_control(stack: Stack) -> None:
    cloudfront = stack.client("cloudfront")
    told = cloudfront.get_distribution_config(Id=stack.physical_id("web", "Distribution"))[
        "DistributionConfig"
    ]
    site = next(origin for origin in told["Origins"]["Items"] if origin["Id"] == "site")

    control = cloudfront.get_origin_access_control(Id=site["OriginAccessControlId"])["OriginAccessControl"]

    assert control["OriginAccessControlConfig"]["SigningBehavior"] == "always"
    assert told["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert told["DefaultCacheBehavior"]["Compress"] is True


@pytest.mark.lens("WEB-1")
def test_every_answer_carries_the_security_headers(stack: Stack) -> None:
    viewer = Viewer(stack)
    for path in ("/", "/orders/42", "/config.json"):
        headers = viewer.get(path).headers
        assert {
            "Content-Security-Policy",
            "Strict-Transport-Security",
            "X-Content-Type-Options",
            "X-Frame-Options",
            "Referrer-Policy",
            "Permissions-Policy",
        } <= set(headers)
        assert "unsafe" not in headers["Content-Security-Policy"]


@pytest.mark.lens("WEB-1")
def test_how_long_a_file_is_kept_goes_by_its_kind(stack: Stack) -> None:
    viewer = Viewer(stack)
    page = viewer.get("/")
    asset, *_ = re.findall(r'"(/assets/[^"]+)"', page.text)

    assert page.headers["Cache-Control"] == viewer.get("/config.json").headers["Cache-Control"] == "no-cache"
    assert viewer.get(asset).headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.lens("WEB-1")
def test_a_release_takes_the_place_of_the_one_before_and_gives_it_back(stack: Stack) -> None:
    viewer, site = Viewer(stack), site_of(stack)
    before = viewer.get("/").text

    release, _ = site.publish({"index.html": b"<!doctype html>next"}, config(stack), datetime.now(UTC))
    during = viewer.get("/").text
    site.back(datetime.now(UTC))

    assert during == "<!doctype html>next"
    assert viewer.get("/").text == before
    assert [one.back_to for one in site.history()][-1] < release.id


@pytest.mark.lens("WEB-2")
def test_a_member_reaches_the_apis_on_the_apps_own_domain(stack: Stack, member: Member) -> None:
    assert Viewer(stack, member.token).get("/api/orders/orders").status_code == 200
    assert Viewer(stack).get("/api/orders/orders").status_code == 401


@pytest.mark.lens("WEB-2")
def test_one_function_creates_reads_changes_and_removes(stack: Stack) -> None:
    colleague, product = stack.enrol("staff"), secrets.token_hex(8)
    staff = CatalogApi(stack["CatalogApiUrl"], colleague.token)
    visitors = CatalogApi(stack["CatalogApiUrl"], None)
    try:
        made = staff.add({**OFFER, "product_id": product})
        read = visitors.get(product)
        changed = staff.change(product, {**OFFER, "unit_price": 1}, **{"If-Match": read.headers["ETag"]})
        late = staff.change(product, {**OFFER, "unit_price": 2}, **{"If-Match": read.headers["ETag"]})
        gone = staff.remove(product, **{"If-Match": changed.headers["ETag"]})
    finally:
        colleague.leave()

    answers = (made, read, changed, late, gone, visitors.get(product))
    assert [answer.status_code for answer in answers] == [201, 200, 200, 412, 204, 404]
    uris = {str(operation["x-amazon-apigateway-integration"]) for operation in CATALOG.values()}
    assert len(uris) == 1


@pytest.mark.lens("WEB-2")
def test_nobody_but_staff_changes_the_catalogue(stack: Stack, member: Member) -> None:
    for token, status in ((None, 401), ("x.y.z", 401), (member.token, 403)):
        api = CatalogApi(stack["CatalogApiUrl"], token)
        assert api.add({**OFFER, "product_id": "mine"}).status_code == status
        assert api.remove("teapot", **{"If-Match": "*"}).status_code == status


@pytest.mark.lens("WEB-2")
@pytest.mark.lens("SERVREL-2")
def test_each_tier_has_a_plan_and_premium_takes_more(stack: Stack) -> None:
    gateway = stack.client("apigateway")

    def rate(tier: str) -> float:
        plan = gateway.get_usage_plan(usagePlanId=stack.physical_id("web", f"{tier}Plan"))
        limit: float = plan["throttle"]["rateLimit"]
        return limit

    assert 0 < rate("Free") < rate("Premium")
    assert rate("Visitor") > 0


@pytest.mark.lens("WEB-2")
@pytest.mark.lens("SERVREL-2")
def test_a_premium_member_gets_further_than_a_free_one(stack: Stack) -> None:
    if not stack.on_this_machine:
        pytest.skip("what a stage's plans take is not known, and may be more than a test should ask for")
    free, premium = stack.enrol("members"), stack.enrol("members", "premium")

    def statuses(member: Member) -> set[int]:
        api = CatalogApi(stack["CatalogApiUrl"], member.token)
        with ThreadPoolExecutor(16) as pool:
            return set(pool.map(lambda _: api.get("teapot").status_code, range(150)))

    try:
        assert statuses(free) == {200, 429}
        assert statuses(premium) == {200}
    finally:
        free.leave()
        premium.leave()
