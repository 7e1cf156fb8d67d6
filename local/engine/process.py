"""Start and stop one engine process and everything it spawns."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINE_PYTHON = ROOT / ".local/envs/engine/bin/python"
FUNCTION_PYTHON = ROOT / ".local/envs/runtime/bin/python"
REGION = "eu-west-1"
START_SECONDS = 30


class EngineError(Exception):
    """The engine did not start; the message is one line that says what to do."""


@dataclass(frozen=True)
class Engine:
    """A running engine: its process id (which leads a session of its own) and the URL of its one door."""

    pid: int
    port: int

    @property
    def url(self) -> str:
        """The endpoint for every AWS client."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End the engine and its functions: politely, then after five seconds by force."""
        for sign, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 2.0)):
            try:
                os.killpg(self.pid, sign)
            except ProcessLookupError:
                return
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline:
                try:
                    os.waitpid(self.pid, os.WNOHANG)
                except ChildProcessError:
                    pass
                try:
                    os.killpg(self.pid, 0)
                except ProcessLookupError:
                    return
                time.sleep(0.05)


def free_port() -> int:
    """Return a TCP port that nothing on the loopback interface uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(state: Path, port: int) -> dict[str, str]:
    """Return the clean environment of the engine: functions inherit nothing of the user's own."""
    return {
        "PATH": "/usr/bin:/bin",
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
    }


def start(state: Path, port: int, *, stock: bool = False) -> Engine:
    """Start an engine and wait until it answers.

    Parameters
    ----------
    state
        The folder of this engine alone: its log and its temporary files.
    port
        The loopback port to serve.
    stock
        Without the gap-fillers, as its makers ship it.

    Raises
    ------
    EngineError
        When it ends or does not answer within START_SECONDS.
    """
    (state / "tmp").mkdir(parents=True, exist_ok=True)
    log = state / "engine.log"
    module = "ministack" if stock else "local.engine"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [ENGINE_PYTHON, "-m", module],
            cwd=ROOT,
            env=environment(state, port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    engine = Engine(process.pid, port)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{engine.url}/_ministack/health", timeout=1):  # noqa: S310 - loopback
                return engine
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    engine.stop()
    raise EngineError(f"The engine did not start; read {log}")
