"""Runs tests in plain processes of this machine: the engine without the platform around it."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from maestro_healing import mutants, probe
from maestro_healing.domain.ports import RunRequest, Side
from maestro_healing.domain.runs import RunResult, read_probe
from maestro_healing.domain.sources import FolderTree
from maestro_healing.domain.usecases.ports import Ran

_TAIL = 4000
_PLAN = "plan.json"


class LocalRunner:
    """Implements the engine's Runner. `trees` are copied for each run, never written to.

    `first_run` is how many seconds the first run took: of an engine's runs, that of the tests as they are.
    """

    def __init__(self, trees: Mapping[Side, FolderTree], python: str) -> None:
        self._trees = trees
        self._python = python
        self.first_run = 0.0

    async def run(self, request: RunRequest) -> RunResult:
        """One run in a fresh process and a fresh copy."""
        ran = await self._run(request)
        self.first_run = self.first_run or ran.seconds
        return read_probe(**vars(ran))

    async def mutate(self, request: RunRequest) -> bytes | None:
        """Tests on mutants, in a fresh copy."""
        return (await self._run(request)).document

    async def _run(self, request: RunRequest) -> Ran:
        tree = self._trees[request.side]
        with tempfile.TemporaryDirectory(prefix="maestro-run-") as folder:
            root, tools = Path(folder, "project"), Path(folder, "probe")
            shutil.copytree(tree.root, root, ignore=shutil.ignore_patterns(".git"), symlinks=True)
            tools.mkdir()
            files = (
                {**mutants.files(), _PLAN: request.plan} if request.plan else probe.files(request.conditions)
            )
            for place, contents in ((tools, files), (root, request.overlay)):
                for path, content in contents.items():
                    target = place / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content)
            roots = [str(root / part) for part in tree.import_roots]
            env = {
                **os.environ,
                "PYTHONPATH": ":".join([str(tools), *roots]),
                "PYTHONHASHSEED": "0",
                "COLUMNS": "80",
                probe.FILE_VARIABLE: str(Path(folder, "probe.jsonl")),
                mutants.FILE_VARIABLE: str(Path(folder, "probe.jsonl")),
                mutants.PLAN_VARIABLE: str(tools / _PLAN),
            }
            env.update(request.conditions.env)
            plain = ["pytest", "-p", probe.MODULE, "-p", "no:cacheprovider", "-q"]
            command = [self._python, "-B", "-m", *([mutants.PACKAGE] if request.plan else plain)]
            started = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                *command, *request.pytest_args, *request.arguments,
                cwd=root, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            timed_out = False
            try:
                output, _ = await asyncio.wait_for(process.communicate(), request.timeout)
            except TimeoutError:
                timed_out, output = True, b""
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            written = Path(folder, "probe.jsonl")
            return Ran(
                written.read_bytes() if written.exists() else None,
                exit_status=process.returncode,
                timed_out=timed_out,
                out_of_memory=False,
                log_tail=output.decode("utf-8", "replace")[-_TAIL:],
                seconds=time.monotonic() - started,
            )
