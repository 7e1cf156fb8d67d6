"""A function or a layer whose package is not in its bucket, or is no archive, fails its stack.

The stock engine makes it without code: such a function answers every call with a made-up success.

After https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html and
https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html (the messages)
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

from ministack.services import s3
from ministack.services.cloudformation import provisioners

Json = dict[str, Any]

PACKAGES = {"AWS::Lambda::Function": "Code", "AWS::Lambda::LayerVersion": "Content"}


def check(package: Json) -> None:
    """Make sure that a package can be had.

    Parameters
    ----------
    package
        The property Code or Content. One that does not name an object of a bucket is left alone.

    Raises
    ------
    ValueError
        When there is no such object, or it is no archive; the message is Lambda's.
    """
    bucket, key = package.get("S3Bucket"), package.get("S3Key")
    if not bucket or not key:
        return
    body = s3._get_object_data(bucket, key, version_id=package.get("S3ObjectVersion"))
    if body is None:
        thing = "Key" if bucket in s3._buckets else "Bucket"
        what = "key" if thing == "Key" else "bucket"
        raise ValueError(
            f"Error occurred while GetObject. S3 Error Code: NoSuch{thing}. "
            f"S3 Error Message: The specified {what} does not exist."
        )
    if not zipfile.is_zipfile(io.BytesIO(body)):
        raise ValueError("Could not unzip uploaded file. Please check your file, then try to upload again.")


def fill() -> None:
    """Check packages before anything is made of them."""
    for kind, package in PACKAGES.items():
        handler = provisioners._RESOURCE_HANDLERS[kind]
        handler["create"] = checked(handler["create"], package)


def checked(create: Any, package: str) -> Any:
    """Return the engine's way to create a resource, with its package checked first."""

    def create_checked(logical_id: str, properties: Json, stack_name: str) -> Any:
        check(properties.get(package) or {})
        return create(logical_id, properties, stack_name)

    return create_checked
