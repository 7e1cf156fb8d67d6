"""Posts in their table, against a model: whatever members do, each sees what they may and nothing else."""

from __future__ import annotations

import contextlib
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from mobile import posting
from mobile.models import NewPost, Post, PostChange, Visibility
from mobile.posting import NothingToReplyTo
from mobile.posts import FEED, AnotherVersion, NotTheAuthor, PostNotFound, Posts
from shared.ids import uuid7
from shared.tables import Table
from tests.unit.mobile.fakes import FakeContentTable
from tests.unit.orders.fakes import Crash, FakeTable

ADA, GRACE = "8f14e45f-ceea-467f-a830-0a1b2c3d4e5f", "1c9a2f6e-0b7d-4d2e-9f7a-3b5c8d1e2f30"
MEMBERS = {ADA: "ada", GRACE: "grace"}
members = st.sampled_from(sorted(MEMBERS))
visibilities = st.sampled_from(["public", "private"])


def all_of(page: Any) -> list[Post]:
    """Read a list to its end, two posts at a time."""
    found: list[Post] = []
    after = None
    while True:
        posts, after = page(2, after)
        found += posts
        if after is None:
            return found


class World(RuleBasedStateMachine):
    """Two members post, reply, change, delete and repeat themselves; requests die between two writes."""

    posted = Bundle("posted")

    @initialize()
    def begin(self) -> None:
        self.table, self.claims = FakeContentTable(), FakeTable("id")
        self.posts = Posts(cast(Table, self.table))
        self.model: dict[str, Post] = {}
        self.tries: dict[str, tuple[str, str, NewPost]] = {}
        self.removed: set[str] = set()

    def once(self, member: str, key: str, new: NewPost) -> Post:
        return posting.post_once((member, MEMBERS[member]), key, new, self.posts, cast(Table, self.claims))

    @rule(target=posted, member=members, visibility=visibilities, crash=st.sampled_from([None, "PutItem"]))
    def post(self, member: str, visibility: Visibility, crash: str | None) -> str:
        key, new = uuid7(), NewPost("text", visibility=visibility)
        self.table.crash_at = crash
        with contextlib.suppress(Crash):
            self.once(member, key, new)
        made = self.once(member, key, new)
        self.table.crash_at = None
        self.model[made.post_id] = made
        self.tries[made.post_id] = (member, key, new)
        return made.post_id

    @rule(target=posted, member=members, parent=posted, visibility=visibilities)
    def reply(self, member: str, parent: str, visibility: Visibility) -> str:
        key, new = uuid7(), NewPost("reply", visibility=visibility, in_reply_to=parent)
        if not self.sees(member, parent):
            with pytest.raises(NothingToReplyTo):
                self.once(member, key, new)
            return parent
        made = self.once(member, key, new)
        self.model[made.post_id] = made
        self.tries[made.post_id] = (member, key, new)
        return made.post_id

    @rule(post_id=posted)
    def repeat(self, post_id: str) -> None:
        member, key, new = self.tries[post_id]
        if new.in_reply_to and not self.sees(member, new.in_reply_to):
            with pytest.raises(NothingToReplyTo):
                self.once(member, key, new)
        elif post_id in self.removed:
            with pytest.raises(PostNotFound):
                self.once(member, key, new)
        else:
            assert self.once(member, key, new).post_id == post_id

    @rule(
        member=members,
        post_id=posted,
        visibility=visibilities,
        text=st.sampled_from("ab"),
        stale=st.booleans(),
    )
    def change(self, member: str, post_id: str, visibility: Visibility, text: str, stale: bool) -> None:
        change = PostChange(text, visibility=visibility)
        before = self.model.get(post_id)
        version = before.version - stale if before else 1
        if before is None or not self.sees(member, post_id):
            with pytest.raises(PostNotFound):
                self.posts.change(member, post_id, version, change)
        elif before.author_id != member:
            with pytest.raises(NotTheAuthor):
                self.posts.change(member, post_id, version, change)
        elif (before.text, before.visibility) == (text, visibility):
            assert self.posts.change(member, post_id, version, change) == before
        elif stale:
            with pytest.raises(AnotherVersion):
                self.posts.change(member, post_id, version, change)
        else:
            self.model[post_id] = self.posts.change(member, post_id, version, change)
            assert self.model[post_id].version == before.version + 1

    @rule(member=members, post_id=posted, crash=st.sampled_from([None, "DeleteItem"]))
    def remove(self, member: str, post_id: str, crash: str | None) -> None:
        if not self.sees(member, post_id):
            with pytest.raises(PostNotFound):
                posting.remove(member, post_id, self.posts, cast(Table, self.claims))
        elif self.model[post_id].author_id != member:
            with pytest.raises(NotTheAuthor):
                posting.remove(member, post_id, self.posts, cast(Table, self.claims))
        else:
            self.table.crash_at = crash
            try:
                posting.remove(member, post_id, self.posts, cast(Table, self.claims))
            except Crash:
                posting.remove(member, post_id, self.posts, cast(Table, self.claims))
            del self.model[post_id]
            self.removed.add(post_id)

    def sees(self, member: str, post_id: str) -> bool:
        post = self.model.get(post_id)
        return post is not None and (post.visibility == "public" or post.author_id == member)

    @invariant()
    def each_reads_what_they_may(self) -> None:
        for member in MEMBERS:
            for post_id in [*self.model, *self.removed]:
                if self.sees(member, post_id):
                    assert self.posts.get(member, post_id) == self.model[post_id]
                else:
                    with pytest.raises(PostNotFound):
                        self.posts.get(member, post_id)

    @invariant()
    def each_list_has_its_posts_in_order(self) -> None:
        public = [post for _, post in sorted(self.model.items()) if post.visibility == "public"]
        feed = [post for post in reversed(public) if not post.in_reply_to]
        assert all_of(lambda limit, after: self.posts.listed(FEED, limit, after)) == feed
        for parent in [*self.model, *self.removed]:
            replies = [post for post in public if post.in_reply_to == parent]
            assert (
                all_of(lambda limit, after: self.posts.listed(parent, limit, after, newest_first=False))  # noqa: B023
                == replies
            )
        for author in MEMBERS:
            for visibility in ("public", "private"):
                theirs = [
                    post
                    for _, post in sorted(self.model.items(), reverse=True)
                    if (post.author_id, post.visibility) == (author, visibility)
                ]
                assert (
                    all_of(lambda limit, after: self.posts.by_author(author, visibility, limit, after))  # noqa: B023
                    == theirs
                )


World.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestWorld = World.TestCase


@pytest.mark.parametrize("post_id", ["", "1", "../x", "0" * 36, "x" * 4000])
def test_what_cannot_be_an_id_is_not_looked_for(post_id: str) -> None:
    table = FakeContentTable()

    with pytest.raises(PostNotFound):
        Posts(cast(Table, table)).get(ADA, post_id)

    assert not table.calls


def test_of_two_changes_at_once_one_is_refused() -> None:
    table = FakeContentTable()
    posts = Posts(cast(Table, table))
    post = posting.post_once((ADA, "ada"), uuid7(), NewPost("first"), posts, cast(Table, FakeTable("id")))
    seen = table.get({"pk": f"POST#{post.post_id}", "sk": "POST"})
    posts.change(ADA, post.post_id, 1, PostChange("second"))
    table.get = lambda *_, **__: seen  # type: ignore[method-assign]

    with pytest.raises(AnotherVersion):
        posts.change(ADA, post.post_id, 1, PostChange("third"))
