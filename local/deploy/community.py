"""Give the demo's community its members, what they look like and what they say."""

from __future__ import annotations

import json
import struct
import urllib.error
import urllib.request
import uuid
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.cloud import Cloud, LocalError
from local.deploy.seed import enrol

FOLDER = Path(__file__).parent
MEMBERS: list[dict[str, Any]] = json.loads(FOLDER.joinpath("community.json").read_text())
POSTS: list[dict[str, Any]] = json.loads(FOLDER.joinpath("posts.json").read_text())
KEYS = uuid.UUID("6a1f7c52-93b4-4d0e-8a57-2c1e9d3f4b60")
"""What the posts' idempotency keys are made of: a try that broke off is carried on by the next."""
SIDE = 160
SECONDS = 30
NOT_FOUND = 404


class Person:
    """A member of the demo as the mobile API knows them."""

    def __init__(self, cloud: Cloud, told: Mapping[str, str], email: str) -> None:
        signed_in = cloud.client("cognito-idp").initiate_auth(
            ClientId=told["UserPoolClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": told["DemoPassword"]},
        )
        self._token = signed_in["AuthenticationResult"]["AccessToken"]
        self._api = told["MobileApiUrl"]

    def send(self, path: str, body: Mapping[str, Any], key: str = "") -> dict[str, Any]:
        """Send something, and return what is made of it.

        Raises
        ------
        LocalError
            When the API refuses it.
        """
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return self._ask(path, json.dumps(body).encode(), headers)

    def has_joined(self) -> bool:
        """Tell whether they have a profile."""
        try:
            self._ask("/profile", None, {})
        except LocalError as error:
            cause = error.__cause__
            if isinstance(cause, urllib.error.HTTPError) and cause.code == NOT_FOUND:
                return False
            raise
        return True

    def _ask(self, path: str, body: bytes | None, headers: Mapping[str, str]) -> dict[str, Any]:
        given = {"Authorization": f"Bearer {self._token}", **headers}
        request = urllib.request.Request(self._api + path, body, given)  # noqa: S310 - the engine's own
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                made: dict[str, Any] = json.load(answer)
                return made
        except urllib.error.HTTPError as error:
            raise LocalError(f"The mobile API refuses {path}: {error}.") from error


def settle_in(cloud: Cloud, told: Mapping[str, str]) -> None:
    """Let the demo's members join and post, through the API. Once they have, this changes nothing.

    Raises
    ------
    LocalError
        When the API refuses something.
    """
    *members, staff = MEMBERS
    last = Person(cloud, told, staff["email"])
    # This profile is made last, and so tells that all else is there.
    if last.has_joined():
        return
    people: dict[str, Person] = {}
    for member in members:
        enrol(cloud, told["UserPoolId"], member["email"], told["DemoPassword"])
        people[member["name"]] = Person(cloud, told, member["email"])
        _join(cloud, told, member, people[member["name"]])
    made: list[str] = []
    for post in POSTS:
        body = {name: value for name, value in post.items() if name not in ("by", "to")}
        if "to" in post:
            body["in_reply_to"] = made[post["to"]]
        key = str(uuid.uuid5(KEYS, json.dumps(body)))
        made.append(people[post["by"]].send("/posts", body, key)["post_id"])
    _join(cloud, told, staff, last)


def _join(cloud: Cloud, told: Mapping[str, str], member: Mapping[str, Any], person: Person) -> None:
    """Give a member a profile, and an image if they have colours; it is shown some moments later."""
    person.send("/profile", {name: member[name] for name in ("name", "display_name", "biography")})
    if "colours" in member:
        upload = person.send("/profile/images", {})["upload_id"]
        cloud.client("s3").put_object(
            Bucket=told["ImageUploadsBucket"], Key=f"demo/{upload}", Body=landscape(member["colours"])
        )


def landscape(colours: list[str]) -> bytes:
    """Return a small PNG: a sun over two hills, in three colours from the sky down."""
    palette = b"".join(bytes.fromhex(colour[1:]) for colour in (*colours, "#fff6e6"))
    rows = bytearray()
    for y in range(SIDE):
        rows.append(0)  # no filter
        for x in range(SIDE):
            near = y - (0.74 * SIDE - (x - 0.2 * SIDE) ** 2 / (3.2 * SIDE))
            far = y - (0.56 * SIDE + (x - 0.75 * SIDE) ** 2 / (1.6 * SIDE))
            sun = (x - 0.4 * SIDE) ** 2 + (y - 0.36 * SIDE) ** 2 < (0.15 * SIDE) ** 2
            rows.append(2 if near > 0 else 1 if far > 0 else 3 if sun else 0)
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 3, 0, 0, 0)
    parts = [(b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
