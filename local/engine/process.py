"""Start, find and stop one engine process and everything it spawns."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
ENGINE_PYTHON = ROOT / ".local/envs/engine/bin/python"
FUNCTION_PYTHON = ROOT / ".local/envs/runtime/bin/python"
NODE = ROOT / ".local/envs/node/bin"
REGION = "eu-west-1"
START_SECONDS = 30
CLOCK_SECONDS = 2
"""By how much the clock that tells when a process began may have been set since."""
RECORD = "engine.json"


class EngineError(Exception):
    """The engine does not run; the message is one line that says what to do."""


@dataclass(frozen=True)
class Engine:
    """An engine's process.

    Attributes
    ----------
    pid
        Its process id, which is its session's too: whatever the engine spawns is in that session.
    port
        The loopback port of its one door.
    created
        When the process began, seconds since the epoch: a process id alone may belong to another by now.
    made_of
        What it was started from (see `fingerprint`).
    """

    pid: int
    port: int
    created: float
    made_of: str

    @property
    def url(self) -> str:
        """The endpoint for every AWS client."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether the engine itself runs."""
        process = self._process()
        return process is not None and _runs(process)

    def answers(self) -> bool:
        """Tell whether the engine serves requests."""
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=1):  # noqa: S310 - loopback
                return True
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        """End the engine and its functions: politely, then after three seconds by force."""
        for sign, patience in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)):
            members = [member for member in self._members() if _runs(member)]
            for member in members:
                try:
                    member.send_signal(sign)
                except psutil.NoSuchProcess:
                    continue
            deadline = time.monotonic() + patience
            while any(map(_runs, members)) and time.monotonic() < deadline:
                time.sleep(0.02)

    def _process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            began = process.create_time()
        except psutil.NoSuchProcess:
            return None
        return process if abs(began - self.created) < CLOCK_SECONDS else None

    def _members(self) -> list[psutil.Process]:
        """Return the engine, if it lives, and what it spawned.

        No new process gets a session's id while the session has members, so a living process of that id that
        is not the engine shows that nothing of the engine's is left.
        """
        if self._process() is None and psutil.pid_exists(self.pid):
            return []
        return [process for process in psutil.process_iter() if _session(process.pid) == self.pid]


def _runs(process: psutil.Process) -> bool:
    """Tell whether a process runs; one that ended and that its parent has not asked about does not.

    The first thread of a killed process may have ended while others still hold its port.
    """
    try:
        ended = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
        return process.is_running() and not ended
    except psutil.NoSuchProcess:
        return False


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def free_port() -> int:
    """Return a TCP port that nothing on the loopback interface uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def claim(port: int) -> None:
    """Make sure that the port is free.

    Raises
    ------
    EngineError
        When it is taken, with the process that has it where that may be known.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise EngineError(
                f"Port {port} is taken{_holder(port)}: free it, or choose another: LOCAL_PORT={port + 1}."
            ) from None


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass  # Some systems tell only the administrator.
    return ""


def environment(state: Path, port: int) -> dict[str, str]:
    """Return the clean environment of the engine: functions inherit nothing of the user's own."""
    return {
        "PATH": f"/usr/bin:/bin:{state / 'tmp/bin'}",
        "HOME": str(state / "tmp"),
        "TMPDIR": str(state / "tmp"),
        "STATE_DIR": str(state / "tmp/state"),
        "LANG": "C.UTF-8",
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "FUNCTION_PYTHON": str(FUNCTION_PYTHON),
        "IAM_DECISION_LOG": str(state / "iam-decisions.jsonl"),
    }


def fingerprint() -> str:
    """Return a digest of what an engine is started from: its code here, and the environments' locks."""
    digest = hashlib.sha256()
    stamps = [python.parents[1] / ".made-from.json" for python in (ENGINE_PYTHON, FUNCTION_PYTHON)]
    sources = [path for path in (ROOT / "local/engine").rglob("*.*") if path.suffix in {".py", ".txt"}]
    for path in [*stamps, *sorted(sources)]:
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def launch(state: Path, port: int, *, stock: bool = False) -> Engine:
    """Start an engine without waiting for it, and write down which process it is.

    Parameters
    ----------
    state
        The folder of this engine alone: its log, its record and its temporary files.
    port
        The loopback port to serve.
    stock
        Without the gap-fillers, as its makers ship it.
    """
    (state / "tmp/bin").mkdir(parents=True, exist_ok=True)
    node = shutil.which("node", path=os.pathsep.join((os.environ.get("PATH", os.defpath), str(NODE))))
    if node is not None:  # CloudFront's functions run in it, and nothing else of its folder is for the engine
        (state / "tmp/bin/node").unlink(missing_ok=True)
        (state / "tmp/bin/node").symlink_to(node)
    with (state / "engine.log").open("wb") as output:
        process = subprocess.Popen(
            [ENGINE_PYTHON, "-m", "ministack" if stock else "local.engine"],
            cwd=ROOT,
            env=environment(state, port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        engine = Engine(process.pid, port, psutil.Process(process.pid).create_time(), fingerprint())
        (state / RECORD).write_text(json.dumps(asdict(engine)))
    except BaseException:
        process.kill()  # An engine that nobody wrote down could not be found again.
        raise
    return engine


def find(state: Path) -> Engine | None:
    """Return the engine last started with this state, running or not; None when there was none."""
    try:
        return Engine(**json.loads((state / RECORD).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def failure(state: Path) -> EngineError:
    """Return the error to raise for an engine that ended: its last words, and where the rest is."""
    log = state / "engine.log"
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
    return EngineError(f"The engine stopped: {last} (all of it in {log})")


def await_answer(state: Path) -> Engine:
    """Wait until the engine with this state answers.

    Raises
    ------
    EngineError
        When it ends or does not answer within START_SECONDS.
    """
    engine = find(state)
    deadline = time.monotonic() + START_SECONDS
    while engine is not None and engine.alive and time.monotonic() < deadline:
        if engine.answers():
            return engine
        time.sleep(0.05)
    raise failure(state)


def start(state: Path, port: int, *, stock: bool = False) -> Engine:
    """Start an engine and wait until it answers; the parameters are those of `launch`.

    Raises
    ------
    EngineError
        When the port is taken, or when the engine ends or does not answer within START_SECONDS.
    """
    claim(port)
    engine = launch(state, port, stock=stock)
    try:
        return await_answer(state)
    except BaseException:
        engine.stop()
        raise
