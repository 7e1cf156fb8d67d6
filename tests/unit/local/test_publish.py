"""Publishing a build: in which order, what stays, what goes, and the way back."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.publish import KEPT_DAYS, PublishError, Site, config, main, read

OUTPUTS = {
    "UserPoolId": "eu-west-1_a1B2c3D4e",
    "UserPoolClientId": "client",
    "IdentityPoolId": "eu-west-1:pool",
    "ImageUploadsBucket": "uploads",
    "LoginUrl": "https://login.example.com",
    "Stage": "local",
    "WebBucket": "site",
    "WebUrl": "https://d1.cloudfront.net",
}
BEGIN = datetime(2026, 11, 21, 10, tzinfo=UTC)


class Bucket:
    """S3, as far as the publisher needs it; `log` has the keys in the order in which they were written."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.log: list[str] = []

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **properties: str) -> None:  # noqa: ARG002, N803 - boto3's
        self.objects[Key] = {"Body": Body, **properties}
        self.log.append(Key)

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: ARG002, N803
        return {"Body": io.BytesIO(self.objects[Key]["Body"])}

    def copy_object(self, *, Bucket: str, Key: str, CopySource: dict[str, str]) -> None:  # noqa: ARG002, N803
        self.objects[Key] = self.objects[CopySource["Key"]]
        self.log.append(Key)

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> None:  # noqa: ARG002, N803
        for row in Delete["Objects"]:
            del self.objects[row["Key"]]

    def get_paginator(self, _: str) -> Bucket:
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: ARG002, N803
        rows = [
            {"Key": key, "ETag": f'"{hashlib.md5(one["Body"], usedforsecurity=False).hexdigest()}"'}
            for key, one in sorted(self.objects.items())
            if key.startswith(Prefix)
        ]
        return [{"Contents": rows}] if rows else [{}]

    @property
    def served(self) -> set[str]:
        return {key.removeprefix("site/") for key in self.objects if key.startswith("site/")}

    def content(self, name: str) -> bytes:
        body: bytes = self.objects[f"site/{name}"]["Body"]
        return body


def build(word: str) -> dict[str, bytes]:
    """Return the files of a build that differs by a word."""
    script = f"assets/app-{word}.js"
    return {
        "index.html": f'<script src="/{script}"></script>'.encode(),
        "robots.txt": word.encode(),
        script: word.encode(),
        "assets/vendor-1.js": b"the same in each",
    }


def publish(site: Site, word: str, days: float = 0) -> str:
    return site.publish(build(word), b"{}", BEGIN + timedelta(days=days))[0].id


def test_what_a_page_names_is_there_before_it_and_the_page_comes_last() -> None:
    bucket = Bucket()

    publish(Site(bucket, "site"), "a")

    site = [key for key in bucket.log if key.startswith("site/")]
    assert site[-1] == "site/index.html"
    assert site.index("site/robots.txt") > max(n for n, key in enumerate(site) if "/assets/" in key)


def test_assets_are_kept_for_a_year_and_all_else_not_at_all() -> None:
    bucket = Bucket()

    publish(Site(bucket, "site"), "a")

    kept = {key: one["CacheControl"] for key, one in bucket.objects.items() if key.startswith("site/")}
    assert (
        kept["site/assets/app-a.js"]
        == kept["site/assets/vendor-1.js"]
        == "public, max-age=31536000, immutable"
    )
    assert {kept[f"site/{name}"] for name in ("index.html", "robots.txt", "config.json")} == {"no-cache"}


def test_the_same_build_again_changes_nothing() -> None:
    bucket = Bucket()
    site = Site(bucket, "site")
    first = publish(site, "a")
    before = dict(bucket.objects)

    again, count = site.publish(build("a"), b"{}", BEGIN + timedelta(days=1))

    assert (again.id, count) == (first, 0)
    assert bucket.objects == before


def test_only_what_is_not_there_is_sent() -> None:
    bucket = Bucket()
    site = Site(bucket, "site")
    publish(site, "a")
    bucket.log.clear()

    publish(site, "b", days=1)

    assert "site/assets/vendor-1.js" not in bucket.log
    assert "site/assets/app-b.js" in bucket.log


def test_an_open_page_finds_its_files_for_a_week() -> None:
    bucket = Bucket()
    site = Site(bucket, "site")
    publish(site, "a")
    publish(site, "b", days=30)

    publish(site, "c", days=30 + KEPT_DAYS - 1)
    assert {"assets/app-a.js", "assets/app-b.js", "assets/app-c.js"} <= bucket.served
    publish(site, "d", days=30 + KEPT_DAYS + 1)

    assert bucket.served == {
        "index.html",
        "robots.txt",
        "config.json",
        "assets/vendor-1.js",
        *(f"assets/app-{word}.js" for word in "bcd"),
    }
    assert len(site.history()) == 3


def test_a_page_of_the_release_before_goes_when_the_next_has_none() -> None:
    bucket = Bucket()
    site = Site(bucket, "site")
    publish(site, "a")
    without = {name: content for name, content in build("b").items() if name != "robots.txt"}

    site.publish(without, b"{}", BEGIN + timedelta(days=1))

    assert "robots.txt" not in bucket.served


def test_back_serves_the_release_before_and_back_again_the_one_before_that() -> None:
    bucket = Bucket()
    site = Site(bucket, "site")
    first, second, _ = publish(site, "a"), publish(site, "b", days=1), publish(site, "c", days=2)
    bucket.log.clear()

    assert site.back(BEGIN + timedelta(days=3)).back_to == second
    assert (bucket.content("index.html"), bucket.content("robots.txt")) == (build("b")["index.html"], b"b")
    assert [key for key in bucket.log if key.startswith("site/")][-1] == "site/index.html"
    assert site.back(BEGIN + timedelta(days=4)).back_to == first
    assert bucket.content("index.html") == build("a")["index.html"]
    with pytest.raises(PublishError, match="No release before"):
        site.back(BEGIN + timedelta(days=5))


def test_after_going_back_a_mended_build_is_published() -> None:
    bucket = Bucket()
    site = Site(bucket, "site")
    first = publish(site, "a")
    publish(site, "b", days=1)
    site.back(BEGIN + timedelta(days=2))

    publish(site, "c", days=3)

    assert bucket.content("robots.txt") == b"c"
    assert site.back(BEGIN + timedelta(days=4)).back_to == first


@given(st.lists(st.tuples(st.sampled_from([*"abcd", "back"]), st.floats(0.1, 10)), min_size=1, max_size=12))
def test_whatever_was_done_what_the_page_names_is_served(steps: list[tuple[str, float]]) -> None:
    bucket, at = Bucket(), 0.0
    site = Site(bucket, "site")
    publish(site, "a")
    for step, days in steps:
        at += days
        try:
            if step == "back":
                site.back(BEGIN + timedelta(days=at))
            else:
                publish(site, step, at)
        except PublishError:
            assert step == "back"
        page = bucket.content("index.html").decode()
        (word,) = (word for word in "abcd" if f"app-{word}.js" in page)
        assert {f"assets/app-{word}.js", "assets/vendor-1.js"} <= bucket.served
        assert bucket.content("robots.txt").decode() == word


def test_a_name_without_a_hash_is_refused_before_anything_is_served() -> None:
    bucket = Bucket()
    site = Site(bucket, "site")
    publish(site, "a")
    changed = {**build("b"), "assets/vendor-1.js": b"another content"}

    with pytest.raises(PublishError, match=r"assets/vendor-1\.js"):
        site.publish(changed, b"{}", BEGIN + timedelta(days=1))

    assert bucket.content("index.html") == build("a")["index.html"]


class TestTheBuild:
    """A build that cannot be served is refused in a line."""

    def make(self, folder: Path, files: dict[str, bytes]) -> Path:
        for name, content in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        return folder

    def test_it_is_read_by_name(self, tmp_path: Path) -> None:
        assert read(self.make(tmp_path, build("a"))) == build("a")

    @pytest.mark.parametrize(
        ("files", "says"),
        [
            ({}, "local.frontend build"),
            ({**build("a"), "assets/thing.xyz": b""}, "thing.xyz"),
            ({**build("a"), "config.json": b"{}"}, "config.json"),
            ({"index.html": b'<script src="/assets/gone-1.js">'}, "gone-1.js"),
        ],
    )
    def test_what_is_wrong_is_named(self, tmp_path: Path, files: dict[str, bytes], says: str) -> None:
        with pytest.raises(PublishError, match=says):
            read(self.make(tmp_path, files))


class TestConfig:
    """What the app is told of its stack."""

    def test_in_aws_it_names_no_endpoint(self) -> None:
        assert json.loads(config(OUTPUTS)) == {
            "region": "eu-west-1",
            "userPoolId": "eu-west-1_a1B2c3D4e",
            "userPoolClientId": "client",
            "identityPoolId": "eu-west-1:pool",
            "uploadsBucket": "uploads",
            "loginUrl": "https://login.example.com",
            "stage": "local",
        }

    def test_on_the_laptop_it_names_the_engine_and_no_password(self) -> None:
        told = config({**OUTPUTS, "EngineUrl": "http://127.0.0.1:4566", "DemoPassword": "secret"})

        assert json.loads(told)["endpoint"] == "http://127.0.0.1:4566"
        assert b"secret" not in told


class TestTheCommand:
    """What is wrong is one line, and nothing happens."""

    def test_without_outputs(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--outputs", str(tmp_path / "none.json")]) == 1
        assert "make up" in capsys.readouterr().err

    def test_with_a_stage_that_is_not(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--stage", "moon"]) == 1
        assert "sandbox" in capsys.readouterr().err

    def test_without_a_build(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        outputs = tmp_path / "outputs.json"
        outputs.write_text(json.dumps({**OUTPUTS, "EngineUrl": "http://127.0.0.1:9", "WebBucket": "site"}))
        assert main(["--outputs", str(outputs), "--build", str(tmp_path)]) == 1
        assert "local.frontend build" in capsys.readouterr().err
