"""JobService over gRPC, on real processes."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from datetime import timedelta

import grpc
import pytest
from environment_client import Client, tar

from maestro.environment.v1 import environment_pb2, job_pb2, limits_pb2


async def test_a_test_run_on_an_uploaded_workspace(client: Client) -> None:
    environment = await client.environment()
    archive = tar(
        {
            "shop/__init__.py": b"PRICE = 2\n",
            "test_shop.py": b"import shop\ndef test_price(): assert shop.PRICE == 2\n"
            b"def test_wrong(): assert shop.PRICE == 3\n",
        }
    )
    workspace = await client.upload(archive)
    job = await client.run(
        environment.name,
        *(sys.executable, "-m", "pytest", "-q", "--junit-xml", "report.xml", "-p", "no:cacheprovider"),
        workspace=workspace.name,
        junit_path="report.xml",
        artifact_patterns=["*.xml"],
    )
    assert job.state == job_pb2.JOB_STATE_FAILED
    assert job.exit_code == 1
    assert (job.results.total, job.results.passed, job.results.failed) == (2, 1, 1)
    assert [case.name for case in job.results.cases] == ["test_price", "test_wrong"]
    assert "assert 2 == 3" in job.results.cases[1].details
    assert b"1 failed, 1 passed" in await client.log(job.name)
    assert [artifact.path for artifact in job.artifacts] == ["report.xml"]
    request = job_pb2.DownloadArtifactRequest(name=job.name, path="report.xml")
    report = b"".join([piece.data async for piece in client.jobs.DownloadArtifact(request)])
    assert report.startswith(b"<?xml")
    assert len(report) == job.artifacts[0].size_bytes


async def test_an_overlay_changes_the_workspace_of_one_job(client: Client) -> None:
    environment = await client.environment()
    workspace = await client.upload(tar({"a.txt": b"old", "b.txt": b"goes", "d/c.txt": b"stays"}))
    overlay = [
        job_pb2.OverlayFile(path="a.txt", content=b"new"),
        job_pb2.OverlayFile(path="b.txt", deleted=True),
        job_pb2.OverlayFile(path="d/e.txt", content=b"added"),
    ]
    show = ("sh", "-c", "cat a.txt d/*; ls")
    changed = await client.run(environment.name, *show, workspace=workspace.name, overlay=overlay)
    assert await client.log(changed.name) == b"newstaysaddeda.txt\nd\n"
    plain = await client.run(environment.name, *show, workspace=workspace.name)
    assert await client.log(plain.name) == b"oldstaysa.txt\nb.txt\nd\n"


async def test_logs_are_streamed_while_a_job_runs_and_after(client: Client) -> None:
    environment = await client.environment()
    job = await client.start(environment.name, "sh", "-c", "echo one; sleep 1; echo two")
    stream = client.jobs.StreamJobLogs(job_pb2.StreamJobLogsRequest(name=job.name, follow=True))
    first = await stream.read()
    assert (first.data, first.offset) == (b"one\n", 0)
    late = asyncio.create_task(client.log(job.name, follow=True))
    rest = [piece.data async for piece in stream]
    assert rest == [b"two\n"]
    assert await late == b"one\ntwo\n"
    assert await client.log(job.name, offset=4) == b"two\n"
    ended = await client.ended(job.name)
    assert ended.state == job_pb2.JOB_STATE_SUCCEEDED
    assert ended.log_bytes == 8


async def test_the_databases_of_an_environment_are_there_for_its_jobs(client: Client) -> None:
    kinds = (environment_pb2.SERVICE_KIND_POSTGRESQL, environment_pb2.SERVICE_KIND_REDIS)
    environment = await client.environment(kinds)
    assert {connection.kind for connection in environment.connections} == set(kinds)
    code = (
        "import os, psycopg, redis\n"
        "with psycopg.connect(os.environ['DATABASE_URL']) as db:\n"
        "    print(db.execute('select 6 * 7').fetchone())\n"
        "with psycopg.connect() as db: print(db.execute('select 1').fetchone())\n"
        "print(redis.Redis.from_url(os.environ['REDIS_URL']).ping())\n"
    )
    job = await client.run(environment.name, sys.executable, "-c", code)
    assert await client.log(job.name) == b"(42,)\n(1,)\nTrue\n"


async def test_a_job_is_cancelled(client: Client) -> None:
    environment = await client.environment()
    job = await client.start(environment.name, "sh", "-c", "trap '' TERM; echo up; sleep 60")
    stream = client.jobs.StreamJobLogs(job_pb2.StreamJobLogsRequest(name=job.name, follow=True))
    await stream.read()
    await client.jobs.CancelJob(job_pb2.CancelJobRequest(name=job.name))
    ended = await client.ended(job.name, seconds=5)
    assert ended.state == job_pb2.JOB_STATE_CANCELLED
    again = await client.jobs.CancelJob(job_pb2.CancelJobRequest(name=job.name))
    assert again.job.state == job_pb2.JOB_STATE_CANCELLED


async def test_a_failed_job_is_started_again_as_often_as_asked(client: Client) -> None:
    environment = await client.environment()
    cache = job_pb2.CacheMount(name="count", writable=True)
    script = "echo x >> {cache.count}/runs; test $(wc -l < {cache.count}/runs) -ge 3"
    job = await client.run(environment.name, "sh", "-c", script, retries=5, caches=[cache])
    assert (job.state, job.attempts) == (job_pb2.JOB_STATE_SUCCEEDED, 3)


async def test_a_job_waits_until_its_environment_is_ready(client: Client) -> None:
    created = await client.environments.CreateEnvironment(
        environment_pb2.CreateEnvironmentRequest(parent="tenants/t1")
    )
    job = await client.run(created.environment.name, "true")
    assert job.state == job_pb2.JOB_STATE_SUCCEEDED


async def test_a_request_that_is_repeated_runs_one_job(client: Client) -> None:
    environment = await client.environment()
    request = job_pb2.CreateJobRequest(
        parent=environment.name, spec=job_pb2.JobSpec(command=["true"]), request_id="once"
    )
    first = (await client.jobs.CreateJob(request)).job
    second = (await client.jobs.CreateJob(request)).job
    assert first.name == second.name
    listed = await client.jobs.ListJobs(job_pb2.ListJobsRequest(parent=environment.name))
    assert [job.name for job in listed.jobs] == [first.name]


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (job_pb2.JobSpec(), "spec.command"),
        (job_pb2.JobSpec(command=["true"], junit_path="../up.xml"), "spec.junit_path"),
        (job_pb2.JobSpec(command=["true"], working_directory="/etc"), "spec.working_directory"),
        (job_pb2.JobSpec(command=["true"], artifact_patterns=["/etc/*"]), "spec.artifact_patterns[0]"),
        (job_pb2.JobSpec(command=["{cache.none}/x"]), "spec.caches"),
        (
            job_pb2.JobSpec(command=["true"], limits=limits_pb2.ResourceLimits(memory_bytes=1)),
            "spec.limits.memory_bytes",
        ),
        (
            job_pb2.JobSpec(command=["true"], overlay=[job_pb2.OverlayFile(path="../x", content=b"")]),
            "spec.overlay[0].path",
        ),
    ],
)
async def test_a_job_that_makes_no_sense_names_its_field(
    client: Client, spec: job_pb2.JobSpec, field: str
) -> None:
    environment = await client.environment()
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await client.jobs.CreateJob(job_pb2.CreateJobRequest(parent=environment.name, spec=spec))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    details = str(raised.value.trailing_metadata())
    assert field in details


async def test_a_job_on_what_is_not_there(client: Client) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await client.start("tenants/t1/environments/none", "true")
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND
    environment = await client.environment()
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await client.start(environment.name, "true", workspace="tenants/t1/workspaces/none")
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_command_that_does_not_exist(client: Client) -> None:
    environment = await client.environment()
    job = await client.run(environment.name, "no-such-program")
    assert (job.state, job.failure.reason) == (job_pb2.JOB_STATE_ERROR, "COMMAND_NOT_FOUND")
    assert "no-such-program" in job.failure.message
    job = await client.run(environment.name, "true", working_directory="no/such/folder")
    assert (job.state, job.failure.reason) == (job_pb2.JOB_STATE_ERROR, "WORKING_DIRECTORY_NOT_FOUND")
    assert "no/such/folder" in job.failure.message


async def test_an_upload_that_is_there_already_ends_at_once(client: Client) -> None:
    archive = tar({"a": b"1"})
    first = await client.upload(archive)
    assert first.files == 1
    assert await client.upload(archive) == first
    assert await client.upload(b"", hashlib.sha256(archive).hexdigest()) == first


async def test_an_upload_that_is_not_what_was_announced(client: Client) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await client.upload(tar({"a": b"1"}), "0" * 64)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await client.upload(b"no tar at all")
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_job_over_its_time(client: Client) -> None:
    environment = await client.environment()
    job = await client.run(environment.name, "sleep", "60", timeout=timedelta(seconds=0.5))
    assert job.state == job_pb2.JOB_STATE_TIMED_OUT
    assert not job.HasField("exit_code")
