"""One running copy of the application: its port, its folder, and the clients that speak to it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.engine.process import REGION, ROOT

STACK_NAME = "serverless-lens-local"
DEFAULT_PORT = 4566
USERS_PORTS = range(1024, 65536)
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
"""The engine's administrator, who exists on this machine alone."""


class LocalError(Exception):
    """Something ended a command; the message is one line that says what is wrong and what to do."""


@dataclass(frozen=True)
class Cloud:
    """A copy of the application on this machine, told from others by its port.

    Attributes
    ----------
    port
        The loopback port of its engine.
    home
        The folder that holds the folders of all copies.
    project
        The folder with the root template.
    """

    port: int
    home: Path = ROOT / ".local"
    project: Path = ROOT
    _clients: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def folder(self) -> Path:
        """Everything of this copy: the engine's record and log, its temporary files, what was deployed."""
        return self.home / str(self.port)

    @property
    def url(self) -> str:
        """The endpoint for AWS clients."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def outputs(self) -> Path:
        """What a client needs to know of it: flat JSON."""
        return self.folder / "outputs.json"

    @property
    def latest(self) -> Path:
        """The link to the outputs of the copy that was brought up last, of those that are up."""
        return self.home / "outputs.json"

    def client(self, service: str) -> Any:
        """Return the administrator's boto3 client of one AWS service; the same one each time."""
        if service not in self._clients:
            session: Any = boto3.Session("test", "test", region_name=REGION)
            config = Config(retries={"total_max_attempts": 2}, read_timeout=60, inject_host_prefix=False)
            self._clients[service] = session.client(service, endpoint_url=self.url, config=config)
        return self._clients[service]

    def point_latest_here(self) -> None:
        """Make `latest` name this copy's outputs."""
        self.latest.unlink(missing_ok=True)
        self.latest.symlink_to(self.outputs.relative_to(self.home))

    def forget(self) -> None:
        """Remove the folder, and give `latest` to the copy before where it named this one."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.latest.is_symlink() and self.latest.readlink().parts[0] == str(self.port):
            self.latest.unlink()
            others = [cloud for cloud in running(self.home) if cloud.outputs.exists()]
            if others:
                max(others, key=lambda cloud: cloud.outputs.stat().st_mtime).point_latest_here()

    @contextlib.contextmanager
    def to_itself(self) -> Iterator[None]:
        """Let no other command bring this copy up or down meanwhile.

        Raises
        ------
        LocalError
            When one is at it.
        """
        self.home.mkdir(exist_ok=True)
        with (self.home / ".lock").open("w") as lock:
            try:
                # One file serves all copies: each locks the byte of its port.
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, self.port)
            except OSError:
                raise LocalError(
                    f"Another command brings the stack on port {self.port} up or down: wait for it to end."
                ) from None
            yield


def named_by(environ: Mapping[str, str]) -> Cloud:
    """Return the copy that the environment variable LOCAL_PORT names.

    Raises
    ------
    LocalError
        When it is no port that a user may serve on.
    """
    given = environ.get("LOCAL_PORT") or str(DEFAULT_PORT)
    if not (given.isascii() and given.isdigit() and int(given) in USERS_PORTS):
        raise LocalError(
            f"LOCAL_PORT is {given!r}: give a port from {USERS_PORTS.start} to {USERS_PORTS.stop - 1}."
        )
    return Cloud(int(given))


def running(home: Path = ROOT / ".local") -> list[Cloud]:
    """Return the copies that have a folder, by port."""
    ports = sorted(int(path.name) for path in home.glob("[0-9]*") if path.name.isdigit() and path.is_dir())
    return [Cloud(port, home) for port in ports]


def clean_environment() -> dict[str, str]:
    """Return the user's environment without what points AWS tools at an account of theirs."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("AWS_") or key == "AWS_CA_BUNDLE"
    }
