"""Scenario 2, the mobile backend."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from tests import templates
from tests.federation import offered, sign_in
from tests.images import png
from tests.login import Login, query_of, token_by_srp
from tests.providers import provider
from tests.pushes import phone_of, told
from tests.stack import Member, MobileApi, OrdersApi, Stack, claims_of
from tests.web import Viewer

EXPIRY_SECONDS = 60


@pytest.mark.lens("MOB-1")
def test_a_member_signs_in_without_sending_the_password(stack: Stack, member: Member) -> None:
    token = token_by_srp(stack, member)

    assert claims_of(token)["tier"] == "free"
    assert OrdersApi(stack["OrdersApiUrl"], token).list().status_code == 200


@pytest.mark.lens("MOB-1")
def test_a_member_signs_in_through_the_managed_login(stack: Stack, member: Member) -> None:
    login = Login(stack)

    code = query_of(login.code(member, "openid orders/read"))["code"]
    token = login.exchange(code, login.verifier).json()["access_token"]

    assert OrdersApi(stack["OrdersApiUrl"], token).list().status_code == 200


@pytest.mark.lens("MOB-1")
def test_a_member_signs_in_by_another_provider(stack: Stack) -> None:
    """What gets nowhere is in tests/integration/test_federated_sign_in.py, lie by lie."""
    if not stack.on_this_machine:
        pytest.skip("AWS cannot reach a provider on this machine")
    with provider() as neighbours, offered(stack, neighbours) as name:
        token = sign_in(stack, neighbours, name, "grace")["access_token"]

        assert claims_of(token)["tier"] == "free"
        assert OrdersApi(stack["OrdersApiUrl"], token).list().status_code == 200


@pytest.mark.lens("MOB-1")
def test_the_providers_of_each_kind_are_there_by_parameter_and_their_secrets_in_none() -> None:
    template = templates.Template(templates.ROOT / "functions/identity/providers.yaml")
    made = template.resources("AWS::Cognito::UserPoolIdentityProvider")

    assert {each["Properties"]["ProviderType"] for each in made.values()} == {
        "Google",
        "Facebook",
        "LoginWithAmazon",
        "SignInWithApple",
        "OIDC",
    }
    for each in made.values():
        details = each["Properties"]["ProviderDetails"]
        shared = details.get("client_secret") or details["private_key"]
        assert shared["Fn::Sub"].startswith("{{resolve:secretsmanager:${Secret}:SecretString:")
        assert each["Properties"]["AttributeMapping"]["email"] == "email"
    root = templates.ROOT_TEMPLATE.body
    assert all(
        root["Parameters"][f"{name}ClientId"]["Default"] == ""
        for name in ("Google", "Facebook", "Amazon", "Apple", "Oidc")
    )
    assert root["Resources"]["IdentityProviders"]["Condition"] == "HasSocial"


@pytest.mark.lens("MOB-2")
def test_one_function_reads_and_writes_content(stack: Stack) -> None:
    uris = {
        method: json.dumps(operation["x-amazon-apigateway-integration"]["uri"])
        for path, methods in templates.contract("mobile")["paths"].items()
        for method, operation in methods.items()
        if path == "/posts"
    }
    person = stack.enrol("members")
    try:
        api = MobileApi(stack["MobileApiUrl"], person.token)
        api.make_profile(f"m_{secrets.token_hex(8)}")
        posted = api.post("A teapot")
        read = api.read(f"/posts/{posted.json()['post_id']}")
    finally:
        person.leave()

    assert set(uris) == {"get", "post"}
    assert len(set(uris.values())) == 1
    assert (posted.status_code, read.status_code) == (201, 200)
    assert read.json() == posted.json()


@pytest.mark.lens("MOB-2")
def test_a_function_decides_on_pushes_which_sns_brings_to_the_device(stack: Stack) -> None:
    author, friend = stack.enrol("members"), stack.enrol("members")
    try:
        mine, theirs = (MobileApi(stack["MobileApiUrl"], person.token) for person in (author, friend))
        for api in (mine, theirs):
            api.make_profile(f"m_{secrets.token_hex(8)}")
        phone = phone_of(stack, mine, author.claims["sub"])
        asked = mine.post("Who has a teapot?").json()["post_id"]

        reply = theirs.post("I have", in_reply_to=asked).json()

        assert eventually(lambda: [one["post_id"] for one in told(mine)] == [reply["post_id"]])
        assert eventually(lambda: phone.texts() == [f"{reply['author_name']} replied to your post."])
        assert phone.shows()[0]["data"]["post_id"] == reply["post_id"]
    finally:
        author.leave()
        friend.leave()


@pytest.mark.lens("MOB-3")
def test_what_an_inactive_member_leaves_is_removed(stack: Stack) -> None:
    if not stack.on_this_machine:
        pytest.skip("in AWS an expired item is deleted within days")
    leaver, stayer, heir = (stack.enrol("members") for _ in range(3))
    try:
        theirs = MobileApi(stack["MobileApiUrl"], leaver.token)
        others = MobileApi(stack["MobileApiUrl"], stayer.token)
        name = f"m_{secrets.token_hex(8)}"
        theirs.make_profile(name)
        others.make_profile(f"m_{secrets.token_hex(8)}")
        left = [theirs.post("public").json(), theirs.post("private", visibility="private").json()]
        kept = others.post("an answer", in_reply_to=left[0]["post_id"]).json()
        device = {"platform": "FCM", "token": secrets.token_hex(32)}
        theirs.send("PUT", f"/devices/{uuid.uuid4()}", json=device).raise_for_status()

        stack.expire(leaver.claims["sub"])

        assert eventually(lambda: others.read(f"/posts/{left[0]['post_id']}").status_code == 404)
        assert eventually(lambda: theirs.read(f"/posts/{left[1]['post_id']}").status_code == 404)
        assert eventually(lambda: MobileApi(theirs.url, heir.token).make_profile(name).status_code == 201)
        assert theirs.read("/profile").status_code == 404
        assert theirs.read("/devices").json()["items"] == []
        assert others.read(f"/posts/{kept['post_id']}").json() == kept
    finally:
        for person in (leaver, stayer, heir):
            person.leave()


@pytest.mark.lens("MOB-3")
@pytest.mark.lens("SERVPER-2")
def test_what_the_api_caches_is_one_members_own(stack: Stack, member: Member) -> None:
    """Who else gets nowhere is in tests/integration/mobile/test_two_members.py, operation by operation."""
    contract = templates.contract("mobile")
    cached = {
        operation["operationId"]: operation["x-amazon-apigateway-integration"]["cacheKeyParameters"]
        for methods in contract["paths"].values()
        for operation in methods.values()
        if "cacheKeyParameters" in operation["x-amazon-apigateway-integration"]
    }
    assert set(cached) == {"getMember", "listMemberPosts", "listPosts", "listReplies", "search"}
    assert all("method.request.header.Authorization" in keys for keys in cached.values())
    if int(stack["MobileCacheSeconds"]) == 0:
        pytest.skip("the stack's API has no cache: MobileCacheGb is 0")
    other = stack.enrol("members")
    try:
        mine, theirs = (MobileApi(stack["MobileApiUrl"], person.token) for person in (member, other))
        path = f"/members/{member.claims['sub']}/posts"

        seen = [
            mine.read(path, visibility="private").status_code,
            theirs.read(path, visibility="private").status_code,
        ]
        warned = mine.send("GET", path, headers={"Cache-Control": "max-age=0"}).headers.get("Warning", "")
    finally:
        other.leave()

    assert seen == [200, 403]
    assert warned.startswith("199 ")  # so there is a cache, and no member empties it


@pytest.mark.lens("MOB-3")
@pytest.mark.lens("MOB-4")
def test_what_members_post_is_found_from_the_tables_stream_on(stack: Stack) -> None:
    author, reader = stack.enrol("members"), stack.enrol("members")
    try:
        theirs = MobileApi(stack["MobileApiUrl"], author.token)
        others = MobileApi(stack["MobileApiUrl"], reader.token)
        theirs.make_profile(f"m_{secrets.token_hex(8)}")
        tag = f"t{secrets.token_hex(8)}"
        public = theirs.post("Two samovars and a kettle", tags=[tag]).json()
        private = theirs.post("My own samovar", tags=[tag], visibility="private").json()

        def found(api: MobileApi, text: str) -> list[str]:
            page = api.read("/search", q=text, tags=tag).json()
            return sorted(hit["post_id"] for hit in page["hits"])

        assert eventually(lambda: found(theirs, "samovar") == sorted((public["post_id"], private["post_id"])))
        assert eventually(lambda: found(others, "samovar") == [public["post_id"]])
        for asked in ("samovar", "samoavrs", "samo*", '"and a kettle"', "kettles -teapot"):
            assert found(others, asked) == [public["post_id"]], asked
        assert others.read("/search", tags=tag).json()["facets"] == [{"tag": tag, "count": 1}]

        theirs.send("DELETE", f"/posts/{public['post_id']}").raise_for_status()
        assert eventually(lambda: found(others, "samovar") == [])
    finally:
        author.leave()
        reader.leave()


def eventually(holds: Callable[[], bool]) -> bool:
    """Wait for what follows from an expiry."""
    deadline = time.monotonic() + EXPIRY_SECONDS
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
    return holds()


@pytest.mark.lens("MOB-1")
@pytest.mark.lens("MOB-4")
def test_a_profile_image_goes_by_the_members_own_prefix_to_the_distribution(stack: Stack) -> None:
    owner, other = stack.enrol("members"), stack.enrol("members")
    try:
        api = MobileApi(stack["MobileApiUrl"], owner.token)
        api.make_profile(f"m_{secrets.token_hex(8)}")
        upload_id = api.send("POST", "/profile/images").json()["upload_id"]
        own = {"Bucket": stack["ImageUploadsBucket"], "Key": f"{owner.identity}/{upload_id}", "Body": png()}

        with pytest.raises(ClientError):
            other.aws("s3").put_object(**own)
        owner.aws("s3").put_object(**own)

        assert eventually(lambda: "image_path" in api.read("/profile").json())
        shown = Viewer(stack).get(api.read("/profile").json()["image_path"])
        assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/png")
    finally:
        owner.leave()
        other.leave()
