"""Who may list a bucket is told 404 for an object that is not in it.

The stock engine tells a distribution 403 in any case.

S3 answers 404 NoSuchKey to a caller with s3:ListBucket, and 403 to one without.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

import functools
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import s3

FORBIDDEN = 403


def may_list(bucket: str, source_arn: str) -> bool:
    """Tell whether the bucket's policy lets the distribution list it."""
    owner = s3._bucket_owner_account(bucket) or get_account_id()
    policy = s3._bucket_policies.get_scoped(owner, None, bucket)
    if not policy:
        return False
    asked = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="s3:ListBucket",
        resource_arn=f"arn:aws:s3:::{bucket}",
        region=get_region(),
        service_context={"aws:sourcearn": source_arn},
    )
    decided = iam_evaluator.evaluate_resource_policy(policy, asked, service="cloudfront.amazonaws.com")
    return bool(decided.decision == "Allow")


def fill() -> None:
    """Answer 404 where the object is missing and the distribution may know it."""
    fetch = s3.serve_cloudfront_origin_fetch

    @functools.wraps(fetch)
    def telling(bucket: str, key: str, *request: Any, source_arn: str = "", oai_id: str = "") -> Any:
        answer = fetch(bucket, key, *request, source_arn=source_arn, oai_id=oai_id)
        known = s3._ensure_bucket(bucket)
        missing = known is not None and key not in known["objects"]
        if answer[0] == FORBIDDEN and missing and source_arn and may_list(bucket, source_arn):
            return s3._error("NoSuchKey", "The specified key does not exist.", 404, f"/{bucket}/{key}")
        return answer

    s3.serve_cloudfront_origin_fetch = telling
