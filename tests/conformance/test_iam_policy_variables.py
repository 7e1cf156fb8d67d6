"""Variables in policies stand for values of the request."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local.engine.process import REGION
from tests.conformance.users import denied, make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.engine.process import Engine

COGNITO = "cognito-identity.amazonaws.com"


@pytest.fixture
def bucket(client: Callable[[str], Any]) -> str:
    name = f"files-{uuid.uuid4().hex[:8]}"
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def test_a_user_reaches_their_own_prefix_alone(
    client: Callable[[str], Any], engine: Engine, bucket: str
) -> None:
    own = {"Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/${{aws:username}}/*"}
    s3 = make_user(client, engine, own, name=f"ada-{bucket}")("s3")

    assert not denied(s3.put_object, Bucket=bucket, Key=f"ada-{bucket}/picture")
    assert denied(s3.put_object, Bucket=bucket, Key="grace/picture")


def test_a_variable_in_a_condition_takes_its_default_where_there_is_no_value(
    client: Callable[[str], Any], engine: Engine
) -> None:
    condition = {"StringEquals": {"aws:RequestedRegion": "${aws:PrincipalTag/region, 'eu-west-1'}"}}
    listing = {"Action": "sqs:ListQueues", "Resource": "*", "Condition": condition}

    assert not denied(make_user(client, engine, listing)("sqs").list_queues)


def test_an_identity_of_a_pool_reaches_its_own_prefix_alone(
    client: Callable[[str], Any], engine: Engine, bucket: str
) -> None:
    statement = {
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/${{{COGNITO}:sub}}/*",
    }
    pool = client("cognito-identity").create_identity_pool(
        IdentityPoolName="guests", AllowUnauthenticatedIdentities=True
    )["IdentityPoolId"]
    role = make_guest_role(client, pool, statement)
    client("cognito-identity").set_identity_pool_roles(IdentityPoolId=pool, Roles={"unauthenticated": role})

    identity = client("cognito-identity").get_id(IdentityPoolId=pool)["IdentityId"]
    given = client("cognito-identity").get_credentials_for_identity(IdentityId=identity)["Credentials"]
    session: Any = boto3.Session(
        given["AccessKeyId"], given["SecretKey"], given["SessionToken"], region_name=REGION
    )
    s3 = session.client("s3", endpoint_url=engine.url)

    assert not denied(s3.put_object, Bucket=bucket, Key=f"{identity}/picture")
    assert denied(s3.put_object, Bucket=bucket, Key=f"{REGION}:{uuid.uuid4()}/picture")


def make_guest_role(client: Callable[[str], Any], pool: str, statement: dict[str, Any]) -> str:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": COGNITO},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{COGNITO}:aud": pool}},
            }
        ],
    }
    name = f"guest-{uuid.uuid4().hex[:8]}"
    made = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    document = {"Version": "2012-10-17", "Statement": [statement]}
    client("iam").put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(document))
    return str(made["Role"]["Arn"])
