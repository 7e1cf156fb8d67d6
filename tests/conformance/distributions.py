"""CloudFront distributions for a test."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import requests

from local.engine.process import REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


class Distribution:
    """One distribution, and a viewer of it."""

    def __init__(
        self, client: Callable[[str], Any], engine: Engine, origin: dict[str, Any], **behaviour: Any
    ) -> None:
        self._engine = engine
        self.cloudfront = client("cloudfront")
        default = {
            "TargetOriginId": "only",
            "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": CACHING_DISABLED,
            **behaviour,
        }
        self.config = {
            "CallerReference": uuid.uuid4().hex,
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{"Id": "only", **origin}]},
            "DefaultCacheBehavior": default,
        }
        made = self.cloudfront.create_distribution(DistributionConfig=self.config)["Distribution"]
        self.arn, self.domain = made["ARN"], made["DomainName"]

    @property
    def label(self) -> str:
        """What tells its domain from others."""
        return str(self.domain.split(".")[0])

    def get(self, path: str, **headers: str) -> requests.Response:
        """Ask for a path, as a viewer does; no redirect is followed."""
        host = f"{self.label}.cloudfront.localhost:{self._engine.port}"
        return requests.get(
            self._engine.url + path, headers={"Host": host, **headers}, timeout=10, allow_redirects=False
        )


class Bucket:
    """A private bucket that a distribution may read, by origin access control."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._s3, cloudfront = client("s3"), client("cloudfront")
        self.name = f"site-{uuid.uuid4().hex[:8]}"
        self._s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": REGION})
        control = {
            "Name": self.name,
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
        self._control = cloudfront.create_origin_access_control(OriginAccessControlConfig=control)

    @property
    def origin(self) -> dict[str, Any]:
        """The bucket as a distribution's origin."""
        return {
            "DomainName": f"{self.name}.s3.{REGION}.amazonaws.com",
            "S3OriginConfig": {"OriginAccessIdentity": ""},
            "OriginAccessControlId": self._control["OriginAccessControl"]["Id"],
        }

    def put(self, key: str, content: bytes, **properties: str) -> None:
        """Store an object."""
        self._s3.put_object(Bucket=self.name, Key=key, Body=content, **properties)

    def allow(self, distribution: Distribution, *actions: str, deny: dict[str, Any] | None = None) -> None:
        """Let the distribution do this, and nobody what fits the condition `deny`."""
        resources = [f"arn:aws:s3:::{self.name}", f"arn:aws:s3:::{self.name}/*"]
        statements: list[dict[str, Any]] = [
            {
                "Effect": "Allow",
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Action": list(actions),
                "Resource": resources,
                "Condition": {"StringEquals": {"AWS:SourceArn": distribution.arn}},
            }
        ]
        if deny:
            statements.append(
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": resources,
                    "Condition": deny,
                }
            )
        policy = {"Version": "2012-10-17", "Statement": statements}
        self._s3.put_bucket_policy(Bucket=self.name, Policy=json.dumps(policy))
