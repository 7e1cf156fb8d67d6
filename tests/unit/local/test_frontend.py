"""The web app is built when what it is made of changed, and only then."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from local import frontend
from local.cloud import LocalError
from local.setup import has_node

NPM = """#!/bin/sh
echo "$@" >> "{log}"
case "$1" in
  ci) mkdir -p node_modules ;;
  run) {run} ;;
esac
"""
BUILDS = "mkdir -p dist.draft && cp index.html dist.draft/index.html"


class Tree:
    """A frontend folder with an npm that writes down what it is asked."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.app = root / "frontend"
        self.log = root / "asked"
        self.log.touch()
        (self.app / "src").mkdir(parents=True)
        (self.app / "index.html").write_text("one")
        (self.app / "package-lock.json").write_text("{}")
        self.bin = root / "bin"
        self.bin.mkdir()
        self.npm(BUILDS)
        monkeypatch.setenv("PATH", str(self.bin), prepend=":")
        for name, path in {
            "ROOT": root,
            "FRONTEND": self.app,
            "DIST": self.app / "dist",
            "INSTALLED": self.app / "node_modules/.made-from",
            "BUILT": root / ".local/frontend.json",
            "NODE": root / "none",
        }.items():
            monkeypatch.setattr(frontend, name, path)

    def npm(self, run: str) -> None:
        path = self.bin / "npm"
        path.write_text(NPM.format(log=self.log, run=run))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    @property
    def asked(self) -> list[str]:
        return [line.split()[0] for line in self.log.read_text().splitlines()]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    return Tree(tmp_path, monkeypatch)


def test_it_is_built_once_while_nothing_changes(tree: Tree) -> None:
    assert frontend.build()
    assert not frontend.build()
    assert tree.asked == ["ci", "run"]
    assert (tree.app / "dist/index.html").read_text() == "one"


def test_a_changed_source_is_built_without_installing_again(tree: Tree) -> None:
    frontend.build()
    (tree.app / "index.html").write_text("two")
    assert frontend.build()
    assert tree.asked == ["ci", "run", "run"]
    assert (tree.app / "dist/index.html").read_text() == "two"


def test_a_changed_contract_is_a_changed_source(tree: Tree) -> None:
    frontend.build()
    contract = tree.root / "functions/orders/openapi.yaml"
    contract.parent.mkdir(parents=True)
    contract.write_text("openapi: 3.0.1")
    assert frontend.build()


def test_a_changed_lock_is_installed_again(tree: Tree) -> None:
    frontend.build()
    (tree.app / "package-lock.json").write_text('{"other": 1}')
    frontend.build()
    assert tree.asked == ["ci", "run", "ci", "run"]


def test_a_build_that_fails_leaves_the_one_before(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    frontend.build()
    tree.npm("echo 'main.tsx(1,1): error TS2322'; exit 2")
    (tree.app / "index.html").write_text("broken")
    with pytest.raises(LocalError, match="npm run build failed"):
        frontend.build()
    assert "TS2322" in capsys.readouterr().err
    assert (tree.app / "dist/index.html").read_text() == "one"
    tree.npm(BUILDS)
    assert frontend.build()


def test_developing_without_a_stack_says_what_to_do(tree: Tree) -> None:
    with pytest.raises(LocalError, match="make up"):
        frontend.develop(tree.root / "none.json")


@pytest.mark.parametrize(
    ("version", "npm", "will_do"),
    [
        ("v20.19.0", True, True),
        ("v24.1.0", True, True),
        ("v20.18.3", True, False),
        ("v9.0.0", True, False),
        ("v24.1.0", False, False),
        ("what?", True, False),
    ],
)
def test_the_machines_node_is_used_where_it_will_do(
    tmp_path: Path, version: str, npm: bool, will_do: bool
) -> None:
    for name in ("node", "npm") if npm else ("node",):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\necho {version}\n")
        path.chmod(0o755)
    assert has_node(str(tmp_path)) is will_do
