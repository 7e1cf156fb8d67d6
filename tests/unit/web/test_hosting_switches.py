"""What of hosting is a parameter: off it costs nothing, on it does what its name says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.templates import ROOT, ROOT_TEMPLATE, Template

HOSTING = Template(ROOT / "functions/web/hosting.yaml")
DISTRIBUTION: dict[str, Any] = HOSTING.properties("Distribution")["DistributionConfig"]
NOTHING = {"Ref": "AWS::NoValue"}


@pytest.mark.parametrize(
    ("part", "condition", "parameter", "on"),
    [
        ("WebACLId", "HasAcl", "WebAclArn", {"Ref": "WebAclArn"}),
        ("Aliases", "HasDomain", "WebDomain", [{"Ref": "WebDomain"}]),
    ],
)
def test_an_empty_parameter_leaves_a_part_out(part: str, condition: str, parameter: str, on: object) -> None:
    assert DISTRIBUTION[part] == {"Fn::If": [condition, on, NOTHING]}
    assert HOSTING.body["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}
    assert ROOT_TEMPLATE.body["Parameters"][parameter]["Default"] == ""


def test_access_logs_go_to_a_bucket_that_is_there_with_them_and_forgets() -> None:
    switch, on, off = DISTRIBUTION["Logging"]["Fn::If"]
    bucket = HOSTING.resources()["WebAccessLogBucket"]

    assert (switch, off) == ("KeepsAccessLogs", NOTHING)
    assert HOSTING.body["Conditions"][switch] == {"Fn::Equals": [{"Ref": "WebAccessLogs"}, "true"]}
    assert ROOT_TEMPLATE.body["Parameters"]["WebAccessLogs"]["Default"] == "false"
    assert on["Bucket"] == {"Fn::GetAtt": ["WebAccessLogBucket", "DomainName"]}
    assert on["IncludeCookies"] is False
    assert bucket["Condition"] == switch
    (rule,) = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", {"Ref": "LogRetentionDays"})
    # CloudFront delivers by an access control list.
    assert bucket["Properties"]["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerPreferred"}]


def test_every_behaviour_asks_for_https_and_has_security_headers() -> None:
    behaviours = [DISTRIBUTION["DefaultCacheBehavior"]] + [
        each.get("Fn::If", [None, each])[1] for each in DISTRIBUTION["CacheBehaviors"]
    ]

    assert len(behaviours) > 6
    for each in behaviours:
        assert each["ViewerProtocolPolicy"] in {"redirect-to-https", "https-only"}
        assert each["ResponseHeadersPolicyId"] in ({"Ref": "AppHeaders"}, {"Ref": "ApiHeaders"})


def test_all_that_is_text_is_compressed_and_nothing_of_an_api_is_kept_but_the_catalogue() -> None:
    for each in (each.get("Fn::If", [None, each])[1] for each in DISTRIBUTION["CacheBehaviors"]):
        path = each["PathPattern"]
        if path.startswith("/api/"):
            disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
            expected = {"Ref": "CatalogReads"} if path == "/api/catalog/*" else disabled
            assert each["CachePolicyId"] == expected, path
        elif path != "/images/*":  # they are compressed by what they are
            assert each["Compress"] is True, path
    assert DISTRIBUTION["DefaultCacheBehavior"]["Compress"] is True
