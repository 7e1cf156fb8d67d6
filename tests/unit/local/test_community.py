"""The demo's community says what the mobile API takes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from local.deploy.community import MEMBERS, POSTS, landscape
from mobile.images import checked
from mobile.models import NewPost, NewProfile
from mobile.rules import mentioned

NAMES = [member["name"] for member in MEMBERS]


@pytest.mark.parametrize("member", MEMBERS, ids=NAMES)
def test_a_member_has_a_profile_that_is_taken(member: dict[str, Any]) -> None:
    profile = {name: member[name] for name in ("name", "display_name", "biography")}
    assert msgspec.convert(profile, NewProfile).name == member["name"]
    if "colours" in member:
        image = checked(landscape(member["colours"]))
        assert (image.media_type, image.width) == ("image/png", image.height)


@pytest.mark.parametrize(("number", "post"), enumerate(POSTS))
def test_a_post_is_taken_and_what_it_refers_to_is_there(number: int, post: dict[str, Any]) -> None:
    body = {name: value for name, value in post.items() if name not in ("by", "to")}
    assert msgspec.convert(body, NewPost).text
    assert post.get("to", -1) < number
    assert {post["by"], *mentioned(post["text"])} <= set(NAMES)


def test_whose_profile_is_made_last_posts_nothing_so_that_it_tells_that_all_is_there() -> None:
    assert NAMES[-1] not in {post["by"] for post in POSTS}
    assert len(set(NAMES)) == len(NAMES)
