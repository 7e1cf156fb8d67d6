"""Put a build of the web app behind its domain, or the release before back.

`python -m local.publish` publishes frontend/dist on the stack that came up last on this machine, `--stage
sandbox` on the one in AWS; `--back` goes back to the release before, `--list` shows what there is.

What index.html names is there before it and stays after it:

1. `assets/` first. A name in it has a hash of the content, so nothing of another release is written over.
2. config.json and the other files, then index.html: one object, by which the release begins.
3. A release that was replaced KEPT_DAYS ago goes, with the assets that no later one has. Until then a page
   that somebody has open finds its files, and `--back` finds the release.

The bucket holds `site/`, which the distribution serves, and `releases/<release>/`: release.json, and a copy
of every file outside `assets/`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local.cloud import CREDENTIALS
from local.destroy import DestroyError, stack_name
from local.engine.process import ROOT
from local.progress import Progress

BUILD = ROOT / "frontend/dist"
KEPT_DAYS = 7
ASSETS = "assets/"
CONFIG = "config.json"
INDEX = "index.html"
FOR_A_YEAR = "public, max-age=31536000, immutable"
NEVER = "no-cache"
UPLOADS = 8
"""At once."""
TYPES = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
"""The machine's own table would differ from one to the next; with nosniff a wrong type is a blank page."""


class PublishError(Exception):
    """Nothing that is served has changed; the message is one line that says what is wrong and what to do."""


@dataclass(frozen=True)
class Release:
    """A build that was published.

    Attributes
    ----------
    id
        When it was published, in UTC, and the build's digest: ids sort by time.
    pages
        Its files outside assets/, by name, index.html last.
    assets
        Its files in assets/, by name.
    back_to
        The release that this one brought back; empty for a build.
    """

    id: str
    pages: list[str]
    assets: list[str]
    back_to: str = ""

    @property
    def at(self) -> datetime:
        """When it was published."""
        return datetime.strptime(self.id.split("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)

    @property
    def digest(self) -> str:
        """What tells its build from others."""
        return self.id.split("-")[1]

    @property
    def folder(self) -> str:
        """Where the bucket keeps what goes back with it."""
        return f"releases/{self.id}/"


def content_type(name: str) -> str:
    """Return the Content-Type of a file.

    Raises
    ------
    PublishError
        When it is of no kind that is known.
    """
    kind = TYPES.get(PurePosixPath(name).suffix.lower())
    if kind is None:
        raise PublishError(f"{name}: its Content-Type is not known; add it to TYPES in local/publish.py.")
    return kind


def read(build: Path) -> dict[str, bytes]:
    """Return a build's files by name, checked.

    Raises
    ------
    PublishError
        When there is no build, or one that cannot be served.
    """
    if not (build / INDEX).is_file():
        raise PublishError(f"There is no build in {build}: run `python -m local.frontend build`.")
    files = {
        path.relative_to(build).as_posix(): path.read_bytes()
        for path in sorted(build.rglob("*"))
        if path.is_file()
    }
    for name in files:
        content_type(name)
    if CONFIG in files:
        raise PublishError(f"{CONFIG} is in the build: it is the stack's, written from its outputs.")
    for named in re.findall(r'(?:href|src)="/([^"]+)"', files[INDEX].decode()):
        if named not in files:
            raise PublishError(f"index.html names /{named}, which the build does not have: build it again.")
    return files


def config(outputs: Mapping[str, str]) -> bytes:
    """Return what the app has to know of its stack, as JSON: nothing in it is secret."""
    told = {
        "region": outputs["UserPoolId"].partition("_")[0],
        "userPoolId": outputs["UserPoolId"],
        "userPoolClientId": outputs["UserPoolClientId"],
        "identityPoolId": outputs["IdentityPoolId"],
        "uploadsBucket": outputs["ImageUploadsBucket"],
        "loginUrl": outputs["LoginUrl"],
        "stage": outputs["Stage"],
    }
    if "EngineUrl" in outputs:
        told["endpoint"] = outputs["EngineUrl"]
    return json.dumps(told, indent=2).encode()


class Site:
    """The bucket behind the distribution.

    Parameters
    ----------
    s3
        A client of the account that holds it.
    bucket
        Its name.
    """

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def history(self) -> list[Release]:
        """Return the releases that are kept, oldest first; the last is the one that is served."""
        records = [name for name in self._names("releases/") if name.endswith("/release.json")]
        return [Release(**json.loads(self._get(f"releases/{name}"))) for name in sorted(records)]

    def publish(self, files: Mapping[str, bytes], told: bytes, now: datetime) -> tuple[Release, int]:
        """Serve a build from now on; return its release, and how many files were not there yet.

        A build that is served already changes nothing but config.json.

        Raises
        ------
        PublishError
            When an asset is there with another content.
        """
        digest = hashlib.sha256(
            b"".join(
                hashlib.sha256(part).digest()
                for name in sorted(files)
                for part in (name.encode(), files[name])
            )
        ).hexdigest()[:12]
        history = self.history()
        self._write(CONFIG, told)
        if history and history[-1].digest == digest:
            return history[-1], 0
        pages = sorted(
            (name for name in files if not name.startswith(ASSETS)), key=lambda name: (name == INDEX, name)
        )
        assets = sorted(name for name in files if name.startswith(ASSETS))
        release = Release(_id(now, digest), pages, assets)
        fresh = self._missing({name: files[name] for name in assets})
        with ThreadPoolExecutor(UPLOADS) as pool:
            list(pool.map(lambda name: self._write(name, files[name]), fresh))
            list(pool.map(lambda name: self._put(release.folder + name, name, files[name]), pages))
        for name in pages:
            self._write(name, files[name])
        self._end(release, [*history, release], now)
        return release, len(fresh) + len(pages)

    def back(self, now: datetime) -> Release:
        """Serve again what was served before the present build was published.

        Raises
        ------
        PublishError
            When that is not kept.
        """
        history = self.history()
        if not history:
            raise PublishError("Nothing was published yet.")
        present = history[-1].back_to or history[-1].id
        ids = [release.id for release in history]
        if present not in ids[1:]:
            raise PublishError(f"No release before {present} is kept; `--list` shows those that are.")
        target = history[ids.index(present) - 1]
        back_to = target.back_to or target.id
        release = Release(_id(now, target.digest), target.pages, target.assets, back_to)
        for name in target.pages:
            for place in (release.folder, "site/"):
                source = {"Bucket": self._bucket, "Key": target.folder + name}
                self._s3.copy_object(Bucket=self._bucket, Key=place + name, CopySource=source)
        self._end(release, [*history, release], now)
        return release

    def _end(self, release: Release, history: list[Release], now: datetime) -> None:
        """Write down that a release is served, and remove what nothing needs any more."""
        self._put(f"{release.folder}release.json", "release.json", json.dumps(asdict(release)).encode())
        kept = kept_of(history, now)
        needed = {name for one in kept for name in one.assets} | {CONFIG, *release.pages}
        gone = {f"site/{name}" for name in self._names("site/")} - {f"site/{name}" for name in needed}
        for one in history:
            if one not in kept:
                gone |= {f"{one.folder}{name}" for name in (*one.pages, "release.json")}
        for start in range(0, len(gone), 1000):  # as many as one request takes
            keys = [{"Key": key} for key in sorted(gone)[start : start + 1000]]
            self._s3.delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})

    def _missing(self, assets: Mapping[str, bytes]) -> list[str]:
        """Return the assets that are not there yet."""
        there = self._names(f"site/{ASSETS}")
        for name, content in assets.items():
            tag = there.get(name.removeprefix(ASSETS))
            if tag is not None and tag != f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"':
                raise PublishError(
                    f"{name} was published with another content: give it a name with its hash."
                )
        return [name for name in assets if name.removeprefix(ASSETS) not in there]

    def _names(self, prefix: str) -> dict[str, str]:
        """Return the entity tags of the objects below a prefix, by what follows it in their keys."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        rows: Iterable[Any] = (row for page in pages for row in page.get("Contents", []))
        return {row["Key"].removeprefix(prefix): row["ETag"] for row in rows}

    def _get(self, key: str) -> bytes:
        content: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return content

    def _write(self, name: str, content: bytes) -> None:
        self._put(f"site/{name}", name, content)

    def _put(self, key: str, name: str, content: bytes) -> None:
        self._s3.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=content,
            ContentType=content_type(name),
            CacheControl=FOR_A_YEAR if name.startswith(ASSETS) else NEVER,
        )


def _id(now: datetime, digest: str) -> str:
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}Z-{digest}"


def kept_of(history: list[Release], now: datetime) -> list[Release]:
    """Return the releases that are served, or were replaced less than KEPT_DAYS ago."""
    bound = now - timedelta(days=KEPT_DAYS)
    replaced = [*(later.at for later in history[1:]), now]
    return [release for release, until in zip(history, replaced, strict=True) if until > bound]


def site_of(outputs: Mapping[str, str]) -> Site:
    """Return the site of a stack, with the credentials that boto3 finds unless it is on this machine."""
    session: Any = boto3.Session()
    if "EngineUrl" not in outputs:
        return Site(session.client("s3"), outputs["WebBucket"])
    session = boto3.Session(
        CREDENTIALS["AWS_ACCESS_KEY_ID"],
        CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
    )
    return Site(session.client("s3", endpoint_url=outputs["EngineUrl"]), outputs["WebBucket"])


def bring(outputs: Mapping[str, str], build: Path = BUILD) -> str:
    """Publish the build; say in a line what happened."""
    release, count = site_of(outputs).publish(read(build), config(outputs), datetime.now(UTC))
    return f"{release.id}, {count} files" if count else f"{release.id} as before"


def outputs_of(stage: str) -> dict[str, str]:
    """Return the outputs of a stage in AWS.

    Raises
    ------
    PublishError
        When there is no such stage, or it is not deployed.
    """
    try:
        name = stack_name(stage)
    except DestroyError as error:
        raise PublishError(str(error)) from None
    found = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {row["OutputKey"]: row["OutputValue"] for row in found.get("Outputs", [])}


def parser() -> argparse.ArgumentParser:
    """Return the reader of the command line."""
    parsed = argparse.ArgumentParser(prog="python -m local.publish", description="Publish the web app.")
    where = parsed.add_mutually_exclusive_group()
    where.add_argument("--outputs", type=Path, default=ROOT / ".local/outputs.json", help="a stack's outputs")
    where.add_argument("--stage", help="a stage in AWS, such as sandbox")
    what = parsed.add_mutually_exclusive_group()
    what.add_argument("--build", type=Path, default=BUILD, help="the folder with index.html")
    what.add_argument("--back", action="store_true", help="serve the release before again")
    what.add_argument("--list", action="store_true", help="show the releases that are kept")
    return parsed


def run(options: argparse.Namespace) -> None:
    """Do what the command line says."""
    outputs = outputs_of(options.stage) if options.stage else json.loads(options.outputs.read_text())
    site = site_of(outputs)
    if options.list:
        for release in site.history():
            print(release.id, f"(back to {release.back_to})" if release.back_to else "")
        return
    with Progress(Console(highlight=False)) as progress, progress.phase("publish") as phase:
        phase.note = (
            f"back to {site.back(datetime.now(UTC)).back_to}"
            if options.back
            else bring(outputs, options.build)
        )
    print(outputs["WebUrl"])


def main(arguments: list[str]) -> int:
    """Run the command; return 1 when it is not possible."""
    options = parser().parse_args(arguments)
    try:
        run(options)
    except FileNotFoundError:
        print(
            f"publish: {options.outputs} is not there: run `make up`, or name it with --outputs.",
            file=sys.stderr,
        )
        return 1
    except KeyError as missing:
        print(f"publish: the stack has no output {missing}: deploy it again.", file=sys.stderr)
        return 1
    except (PublishError, ValueError, ClientError, BotoCoreError) as error:
        print(f"publish: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
