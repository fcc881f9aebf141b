"""Records as messages of the contract: on the streams, and in answers."""

from __future__ import annotations

from datetime import timedelta

from maestro.healing.v1 import healing_pb2
from maestro_healing.domain.healing import Decision, Healing, HealingSpec
from maestro_healing.domain.model import Progress, TestHealing

_SENTENCE = 1000
_DECIDED = {
    Decision.APPROVED: healing_pb2.REVIEW_APPROVED,
    Decision.REJECTED: healing_pb2.REVIEW_REJECTED,
}


def healing_message(healing: Healing, *, report: bool) -> healing_pb2.Healing:
    """A healing, with or without its report."""
    message = healing_pb2.Healing(
        name=healing.name,
        spec=spec_message(healing.spec),
        state=f"HEALING_STATE_{healing.state}",
        owner=healing.owner,
        etag=healing.etag,
        open_reviews=healing.open_reviews,
    )
    message.create_time.FromDatetime(healing.create_time)
    message.update_time.FromDatetime(healing.update_time)
    if healing.end_time is not None:
        message.end_time.FromDatetime(healing.end_time)
    if healing.failure is not None:
        message.failure.reason = healing.failure.reason
        message.failure.message = healing.failure.message
    if report and healing.report is not None:
        message.report.CopyFrom(_report(healing))
    return message


def progress_message(healing: Healing, progress: Progress) -> healing_pb2.HealingProgress:
    """How far a healing is."""
    message = healing_pb2.HealingProgress(
        healing=healing.name,
        stage=f"STAGE_{progress.stage}",
        message=progress.message,
        done=progress.done,
        total=progress.total,
    )
    if progress.test is not None:
        message.test.CopyFrom(_test(progress.test, None))
    return message


def _report(healing: Healing) -> healing_pb2.Report:
    report = healing.report
    if report is None:
        return healing_pb2.Report()
    message = healing_pb2.Report(
        tests=[_test(test, healing.decisions.get(test.test)) for test in report.tests],
        patch=report.patch_for(healing.healed),
        proposed_patch=report.patch_for(healing.proposed),
        total=report.total,
        passed=report.passed,
        head_revision=healing.head_revision,
        base_revision=healing.base_revision,
    )
    message.duration.FromTimedelta(timedelta(seconds=report.seconds))
    return message


def _test(test: TestHealing, decision: Decision | None) -> healing_pb2.TestHealing:
    wanted = healing_pb2.REVIEW_WANTED if test.review else healing_pb2.REVIEW_UNSPECIFIED
    message = healing_pb2.TestHealing(
        test=test.test,
        verdict=f"VERDICT_{test.verdict}",
        strategy=test.strategy or "",
        confidence=test.confidence,
        review=wanted if decision is None else _DECIDED[decision],
        evidence=[_clipped(sentence) for sentence in test.evidence],
        reason=_clipped(test.reason),
        diff=test.diff,
        failure=_clipped(test.failure),
        cause=test.cause,
    )
    message.duration.FromTimedelta(timedelta(seconds=test.seconds))
    return message


def _clipped(text: str) -> str:
    """A sentence for a person: a suite of thousands of tests that print kilobytes must fit in one message."""
    return text if len(text) <= _SENTENCE else f"{text[: _SENTENCE // 2]} … {text[-_SENTENCE // 2 :]}"


def spec_message(spec: HealingSpec) -> healing_pb2.HealingSpec:
    """What to heal, and how."""
    source, policy = spec.source, spec.policy
    message = healing_pb2.HealingSpec(
        base_revision=spec.base_revision,
        tests=spec.tests,
        pytest_args=spec.pytest_args,
        python=spec.python,
        policy=healing_pb2.Policy(
            heal_at=policy.heal_at,
            review_at=policy.review_at,
            propose_at=policy.propose_at,
            verify_runs=policy.verify_runs,
            orders=policy.orders,
        ),
    )
    message.run_timeout.FromTimedelta(timedelta(seconds=spec.run_timeout))
    if spec.budget is not None:
        message.budget.FromTimedelta(timedelta(seconds=spec.budget))
    message.policy.mutation_time.FromTimedelta(timedelta(seconds=policy.mutation_seconds))
    if source.path:
        message.path = source.path
    elif source.uploaded:
        message.uploaded = source.uploaded
    else:
        message.git.url, message.git.revision = source.git_url, source.git_revision
    return message
