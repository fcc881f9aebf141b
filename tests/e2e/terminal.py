"""Commands as a person runs them at a terminal."""

from __future__ import annotations

import os
import pty
from collections.abc import Sequence
from pathlib import Path


def at_a_terminal(
    command: Sequence[str | Path], prompt: str, answers: Sequence[str], folder: Path, **env: str
) -> tuple[int, str]:
    """Run a command, and type an answer each time that it prompts; its exit code and what it said."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update({"TERM": "xterm-256color", **env})
        os.execv(command[0], [str(word) for word in command])
    said, asked = "", 0
    while True:
        try:
            said += os.read(terminal, 65536).decode(errors="replace")
        except OSError:  # it has ended
            break
        if said.count(prompt) > asked:
            os.write(terminal, answers[asked].encode())
            asked += 1
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said
