"""Releases are told from the versions of functions, and put back by the alias in front of them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import versions
from local.cloud import LocalError
from local.versions import Function, Version

FIRST, SECOND, THIRD = "a" * 12, "b" * 12, "c" * 12


class FakeLambda:
    """The alias's part of Lambda; it refuses to move the functions named."""

    def __init__(self, *refuses: str) -> None:
        self.refuses = refuses
        self.moved: dict[str, tuple[str, str]] = {}
        self.deleted: list[tuple[str, str]] = []

    def update_alias(self, FunctionName: str, Name: str, FunctionVersion: str, RevisionId: str) -> None:  # noqa: N803
        assert Name == "live"
        if FunctionName in self.refuses:
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": "moved"}}, "UpdateAlias")
        self.moved[FunctionName] = (FunctionVersion, RevisionId)

    def delete_function(self, FunctionName: str, Qualifier: str) -> None:  # noqa: N803
        self.deleted.append((FunctionName, Qualifier))


def function(name: str, *releases: str, live: int = 0) -> Function:
    """Return a function with a version of each release, made one after the other; the last one is live."""
    made = tuple(
        Version(str(number), release, f"2026-01-0{'abc'.index(release[0]) + 1}")
        for number, release in enumerate(releases, 1)
    )
    return Function(f"Orders/{name}", name, str(live or len(releases)), f"{name}'s revision", made)


def test_the_release_before_is_put_back_for_every_function_that_is_in_it() -> None:
    found = [function("Get", FIRST, SECOND), function("Create", FIRST, SECOND), function("Cancel", SECOND)]
    lambdas = FakeLambda()

    done = versions.move(lambdas, found, versions.before(found))

    assert done == versions.Move(FIRST, 2, ("Orders/Cancel",))
    assert lambdas.moved == {"Get": ("1", "Get's revision"), "Create": ("1", "Create's revision")}


def test_a_release_that_was_deployed_twice_is_where_it_was_last() -> None:
    found = [function("Get", FIRST, SECOND, FIRST)]
    again = [
        Function("Orders/Get", "Get", "3", "", (*found[0].versions[:2], Version("3", FIRST, "2026-01-09")))
    ]

    assert [release for release, _ in versions.history(again)] == [SECOND, FIRST]
    assert versions.before(again) == SECOND
    assert versions.move(FakeLambda(), again, SECOND).moved == 1


def test_what_serves_the_release_already_is_left_alone() -> None:
    found = [function("Get", FIRST, SECOND, live=1), function("Create", FIRST, SECOND)]
    lambdas = FakeLambda()

    assert versions.move(lambdas, found, FIRST).moved == 1
    assert set(lambdas.moved) == {"Create"}


def test_a_move_that_failed_in_part_says_so_and_can_be_given_again() -> None:
    found = [function("Get", FIRST, SECOND), function("Create", FIRST, SECOND)]
    lambdas = FakeLambda("Get")

    with pytest.raises(
        LocalError, match=r"^1 of 2 functions were not moved.* do it again.*Orders/Get: .*moved"
    ):
        versions.move(lambdas, found, FIRST)
    assert set(lambdas.moved) == {"Create"}


@pytest.mark.parametrize("found", [[], [function("Get", FIRST)], [function("Get", FIRST, SECOND, live=1)]])
def test_before_the_oldest_release_there_is_none(found: list[Function]) -> None:
    with pytest.raises(LocalError, match=r"^No release before .* is kept"):
        versions.before(found)


def test_a_release_that_nobody_deployed_is_not_put_in_place() -> None:
    lambdas = FakeLambda()

    with pytest.raises(LocalError, match=r"^There is no release 'dddd'"):
        versions.move(lambdas, [function("Get", FIRST)], "dddd")
    assert not lambdas.moved


def test_what_is_old_goes_but_never_what_is_live() -> None:
    found = [function("Get", FIRST, SECOND, THIRD), function("Create", FIRST, SECOND, THIRD, live=1)]
    lambdas = FakeLambda()

    count = versions.prune(lambdas, found, keep=1)

    assert count == len(lambdas.deleted) == 3
    assert set(lambdas.deleted) == {("Get", "1"), ("Get", "2"), ("Create", "2")}


@pytest.mark.parametrize(
    ("description", "release"),
    [
        ("GET /orders 0123456789ab", "0123456789ab"),
        ("0123456789ab", "0123456789ab"),
        ("GET /orders", ""),
        ("", ""),
    ],
)
def test_a_versions_description_ends_with_its_release(description: str, release: str) -> None:
    assert versions.release_of(description) == release


def test_the_command_says_what_is_wrong_in_a_line(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert versions.main(["--stage", "nowhere", "--back"]) == 1
    assert versions.main(["--outputs", str(tmp_path / "none.json")]) == 1

    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("versions: ")]
    assert len(said) == 2
    assert "nowhere" in said[0]
    assert "make up" in said[1]
