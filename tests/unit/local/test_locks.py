"""Every environment has a lock that holds what pyproject.toml asks for, and nothing of a machine."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from local.setup import ENVIRONMENTS, ROOT, Environment, locks

GROUPS = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]


@pytest.fixture(params=ENVIRONMENTS.values(), ids=list(ENVIRONMENTS))
def environment(request: pytest.FixtureRequest) -> Environment:
    """Each environment in turn."""
    found: Environment = request.param
    return found


def test_each_group_has_its_environment() -> None:
    assert set(GROUPS) == set(ENVIRONMENTS)


def test_the_lock_holds_each_requirement_at_its_version(environment: Environment) -> None:
    locked = re.findall(r"^([\w.-]+)==(\S+)", environment.lock.read_text(), re.MULTILINE)

    for requirement in GROUPS[environment.name]:
        plain = requirement.partition(";")[0]  # of some there is a version for each of Python's
        name, version = re.fullmatch(r"([\w.-]+)(?:\[.*\])?(?:==(.*)|>=.*)?", plain).groups()  # type: ignore[union-attr]
        assert name in dict(locked)
        assert version is None or (name, version) in locked


def test_every_list_of_hashes_is_written_by_the_one_command() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "locks/*.txt", "*/requirements.txt"],  # noqa: S607 - the user's own
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )

    assert set(tracked.stdout.split()) == set(locks())


@pytest.mark.parametrize("lock", locks())
def test_every_locked_package_has_its_hashes(lock: str) -> None:
    packages = re.split(r"\n(?=\S)", (ROOT / lock).read_text().partition("make lock\n")[2])

    assert packages
    for package in packages:
        assert "--hash=sha256:" in package


@pytest.mark.parametrize("lock", locks())
def test_the_lock_names_no_index(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text()
