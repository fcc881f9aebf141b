"""Builds what a project's tests run with. A job runs it, as `python -c SOURCE PLACE UV PYTHON ATTEMPTS`.

PLACE is a folder that is kept; ATTEMPTS is JSON, a list of lists of what to install, the best first. What is
ready stays as it is; two jobs that want the same wait for each other.
"""

import fcntl
import json
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """The exit code: 0 where PLACE has what is wanted."""
    place, uv, python, attempts = sys.argv[1:]
    environment, ready = Path(place, "venv"), Path(place, "ready")
    with Path(place, "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if ready.exists():
            return 0
        code = 1
        for wanted in json.loads(attempts):
            subprocess.run([uv, "venv", "-q", "--clear", "--python", python, environment], check=True)
            own = environment / "bin" / "python"
            # Jobs see it read-only: what is not compiled here, each of them compiles anew.
            install = [uv, "pip", "install", "-q", "--compile-bytecode", "--python", own, *wanted]
            code = subprocess.run(install).returncode
            if code == 0:
                ready.touch()
                break
        return code


if __name__ == "__main__":
    sys.exit(main())
