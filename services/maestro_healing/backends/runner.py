"""Implements `domain.usecases.ports.Runs`: pytest with the probe, and tools, as jobs in an environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from maestro.environment.v1 import job_pb2
from maestro_healing import mutants, probe
from maestro_healing.backends import interpreters, tools
from maestro_healing.backends.jobs import Command, Ended, Environment
from maestro_healing.backends.stacks import ServiceUnavailable, Stacks
from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.looking import CheckRequest
from maestro_healing.domain.monitor import ErrorKind
from maestro_healing.domain.ports import RunRequest, Side
from maestro_healing.domain.sources import Project
from maestro_healing.domain.usecases.ports import Ran

_PROBE_FOLDER = ".maestro-probe"
_REPORT = "probe.jsonl"
_PLAN = "plan.json"
# Longer selections go into a file: a command line has room for about so many bytes.
_LONGEST_SELECTION = 50_000
_MEMORY_BYTES = 4 * 2**30


class EnvironmentRunner:
    """Runs a project's tests. `workspaces` names the uploaded tree of each side."""

    def __init__(
        self,
        environment: Environment,
        project: Project,
        workspaces: Mapping[Side, str],
        python: str,
        cache: str | None,
        stacks: Stacks,
    ) -> None:
        """`cache` is the one that holds the interpreter, where it was built for the project."""
        self._stacks = stacks
        self._environment = environment
        self._project = project
        self._workspaces = workspaces
        self._python = python
        self._caches = {} if cache is None else {cache: False}

    async def run(self, request: RunRequest) -> Ran:
        """One run to its end, in a fresh process. Raises CannotHeal where the job can't be run at all."""
        roots = [f"{{workspace}}/{root}".rstrip("/") for root in self._project.import_roots(request.side)]
        env = {
            "PYTHONPATH": ":".join([f"{{workspace}}/{_PROBE_FOLDER}", *roots]),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "80",
            "TERM": "dumb",
            "LANG": "C.UTF-8",
            probe.FILE_VARIABLE: f"{{artifacts}}/{_REPORT}",
            mutants.FILE_VARIABLE: f"{{artifacts}}/{_REPORT}",
            mutants.PLAN_VARIABLE: f"{{workspace}}/{_PROBE_FOLDER}/{_PLAN}",
        }
        env.update(request.conditions.env)
        files = probe.files(request.conditions)
        if request.plan:
            files = {**mutants.files(), _PLAN: request.plan}
        carried = {f"{_PROBE_FOLDER}/{name}": content for name, content in files.items()}
        overlay = {**request.overlay, **carried}
        chosen = list(request.arguments)
        if sum(map(len, chosen)) > _LONGEST_SELECTION:
            overlay[f"{_PROBE_FOLDER}/selection"] = "\n".join(chosen).encode()
            env[probe.SELECTION_VARIABLE] = f"{{workspace}}/{_PROBE_FOLDER}/selection"
            chosen = sorted({test.partition("::")[0] for test in chosen})
        plain = ["pytest", "-p", probe.MODULE, "-p", "no:cacheprovider"]
        program = [mutants.PACKAGE] if request.plan else plain
        command = Command(
            arguments=[self._python, "-B", "-m", *program, *request.pytest_args, *chosen],
            workspace=self._workspaces[request.side],
            env=env,
            overlay=overlay,
            caches=self._caches,
            timeout=request.timeout,
            memory_bytes=_MEMORY_BYTES,
        )
        if not request.services:
            return await self._tested(self._environment, command)
        try:
            async with self._stacks.lend(request.services) as (environment, found):
                return await self._tested(environment, replace(command, env={**env, **found}))
        except ServiceUnavailable as error:
            return Ran(None, None, False, False, "", 0.0, str(error))

    async def _tested(self, environment: Environment, command: Command) -> Ran:
        ended = await environment.run(command)
        job = ended.job
        if job.state == job_pb2.JOB_STATE_ERROR:
            raise CannotHeal(job.failure.reason or "JOB_FAILED", job.failure.message)
        document = await environment.artifact(job, _REPORT)
        if document is None and "No module named pytest" in ended.log_tail:
            raise CannotHeal(
                "INTERPRETER_HAS_NO_PYTEST",
                f"{self._python} has no pytest. Install it there, or name another interpreter.",
            )
        return _ran(ended, document)

    async def check(self, request: CheckRequest) -> Ran:
        """One run of a tool on the head. Raises CannotHeal where the job can't be run at all."""
        if request.kind is ErrorKind.BUILD:
            if not interpreters.is_package(self._project.head.root):  # nothing can go wrong
                return Ran(None, 0, timed_out=False, out_of_memory=False, log_tail="", seconds=0)
            return await self._use(tools.build(self._python), request)
        python = self._python
        ran = await self._use(tools.check(request.kind, (), python, python), request)
        if tools.lacks(request.kind, ran.log_tail):
            own = await self._own(request.kind)
            ran = await self._use(tools.check(request.kind, (), python, own), request)
            python = own
        if tools.names_no_target(request, ran.log_tail):
            tool = tools.check(request.kind, request.targets, self._python, python)
            ran = await self._use(tool, request)
        return ran

    async def _own(self, kind: ErrorKind) -> str:
        """An interpreter that has the tool, built where nobody has yet."""
        build = tools.own(kind)
        ended = await self._environment.run(
            Command(
                arguments=build.command,
                env=build.env,
                caches={build.cache: True, interpreters.INSTALLER_CACHE: True},
                network=True,
            )
        )
        if not ended.job.HasField("exit_code") or ended.job.exit_code != 0:
            tail = ended.log_tail.strip()[-500:] or ended.job.failure.message
            raise CannotHeal(
                "TOOL_UNAVAILABLE",
                f"The project has no tool to check it with, and none could be installed. {tail}",
            )
        self._caches[build.cache] = False
        return build.python

    async def _use(self, tool: tools.Tool, request: CheckRequest) -> Ran:
        ended = await self._environment.run(
            Command(
                arguments=tool.arguments,
                workspace=self._workspaces[Side.HEAD],
                env=tool.env,
                caches={**self._caches, **tool.caches},
                timeout=request.timeout,
                memory_bytes=_MEMORY_BYTES,
                network=tool.network,
            )
        )
        if ended.job.state == job_pb2.JOB_STATE_ERROR:
            raise CannotHeal(ended.job.failure.reason or "JOB_FAILED", ended.job.failure.message)
        return _ran(ended, await self._environment.artifact(ended.job, tools.OUTPUT))


def _ran(ended: Ended, document: bytes | None) -> Ran:
    job = ended.job
    elapsed = job.end_time.ToNanoseconds() - job.start_time.ToNanoseconds()
    return Ran(
        document,
        exit_status=job.exit_code if job.HasField("exit_code") else None,
        timed_out=job.state == job_pb2.JOB_STATE_TIMED_OUT,
        out_of_memory=job.state == job_pb2.JOB_STATE_OUT_OF_MEMORY,
        log_tail=ended.log_tail,
        seconds=max(elapsed, 0) / 1e9,
    )
