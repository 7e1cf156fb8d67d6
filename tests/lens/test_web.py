"""Scenario 4, the web application."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import requests

from local.publish import config, site_of
from tests.stack import Member, Stack
from tests.web import Viewer


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
