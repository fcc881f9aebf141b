import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HealingState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HEALING_STATE_UNSPECIFIED: _ClassVar[HealingState]
    HEALING_STATE_PENDING: _ClassVar[HealingState]
    HEALING_STATE_RUNNING: _ClassVar[HealingState]
    HEALING_STATE_COMPLETED: _ClassVar[HealingState]
    HEALING_STATE_FAILED: _ClassVar[HealingState]
    HEALING_STATE_CANCELLED: _ClassVar[HealingState]

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_HEALED: _ClassVar[Verdict]
    VERDICT_PROPOSED: _ClassVar[Verdict]
    VERDICT_REFUSED: _ClassVar[Verdict]
    VERDICT_UNHEALED: _ClassVar[Verdict]

class Stage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAGE_UNSPECIFIED: _ClassVar[Stage]
    STAGE_PREPARE: _ClassVar[Stage]
    STAGE_RUN: _ClassVar[Stage]
    STAGE_DIAGNOSE: _ClassVar[Stage]
    STAGE_PROPOSE: _ClassVar[Stage]
    STAGE_VERIFY: _ClassVar[Stage]
    STAGE_DECIDE: _ClassVar[Stage]

class Review(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVIEW_UNSPECIFIED: _ClassVar[Review]
    REVIEW_WANTED: _ClassVar[Review]
    REVIEW_APPROVED: _ClassVar[Review]
    REVIEW_REJECTED: _ClassVar[Review]
HEALING_STATE_UNSPECIFIED: HealingState
HEALING_STATE_PENDING: HealingState
HEALING_STATE_RUNNING: HealingState
HEALING_STATE_COMPLETED: HealingState
HEALING_STATE_FAILED: HealingState
HEALING_STATE_CANCELLED: HealingState
VERDICT_UNSPECIFIED: Verdict
VERDICT_HEALED: Verdict
VERDICT_PROPOSED: Verdict
VERDICT_REFUSED: Verdict
VERDICT_UNHEALED: Verdict
STAGE_UNSPECIFIED: Stage
STAGE_PREPARE: Stage
STAGE_RUN: Stage
STAGE_DIAGNOSE: Stage
STAGE_PROPOSE: Stage
STAGE_VERIFY: Stage
STAGE_DECIDE: Stage
REVIEW_UNSPECIFIED: Review
REVIEW_WANTED: Review
REVIEW_APPROVED: Review
REVIEW_REJECTED: Review

class Healing(_message.Message):
    __slots__ = ("name", "spec", "state", "failure", "create_time", "update_time", "end_time", "owner", "report", "etag", "open_reviews")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    OPEN_REVIEWS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: HealingSpec
    state: HealingState
    failure: Failure
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    owner: str
    report: Report
    etag: str
    open_reviews: int
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[HealingSpec, _Mapping]] = ..., state: _Optional[_Union[HealingState, str]] = ..., failure: _Optional[_Union[Failure, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., owner: _Optional[str] = ..., report: _Optional[_Union[Report, _Mapping]] = ..., etag: _Optional[str] = ..., open_reviews: _Optional[int] = ...) -> None: ...

class HealingSpec(_message.Message):
    __slots__ = ("path", "uploaded", "git", "base_revision", "tests", "pytest_args", "python", "policy", "run_timeout", "budget")
    PATH_FIELD_NUMBER: _ClassVar[int]
    UPLOADED_FIELD_NUMBER: _ClassVar[int]
    GIT_FIELD_NUMBER: _ClassVar[int]
    BASE_REVISION_FIELD_NUMBER: _ClassVar[int]
    TESTS_FIELD_NUMBER: _ClassVar[int]
    PYTEST_ARGS_FIELD_NUMBER: _ClassVar[int]
    PYTHON_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    RUN_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    path: str
    uploaded: str
    git: GitSource
    base_revision: str
    tests: _containers.RepeatedScalarFieldContainer[str]
    pytest_args: _containers.RepeatedScalarFieldContainer[str]
    python: str
    policy: Policy
    run_timeout: _duration_pb2.Duration
    budget: _duration_pb2.Duration
    def __init__(self, path: _Optional[str] = ..., uploaded: _Optional[str] = ..., git: _Optional[_Union[GitSource, _Mapping]] = ..., base_revision: _Optional[str] = ..., tests: _Optional[_Iterable[str]] = ..., pytest_args: _Optional[_Iterable[str]] = ..., python: _Optional[str] = ..., policy: _Optional[_Union[Policy, _Mapping]] = ..., run_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., budget: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GitSource(_message.Message):
    __slots__ = ("url", "revision")
    URL_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    url: str
    revision: str
    def __init__(self, url: _Optional[str] = ..., revision: _Optional[str] = ...) -> None: ...

class Policy(_message.Message):
    __slots__ = ("heal_at", "review_at", "propose_at", "verify_runs", "mutation_time", "orders")
    HEAL_AT_FIELD_NUMBER: _ClassVar[int]
    REVIEW_AT_FIELD_NUMBER: _ClassVar[int]
    PROPOSE_AT_FIELD_NUMBER: _ClassVar[int]
    VERIFY_RUNS_FIELD_NUMBER: _ClassVar[int]
    MUTATION_TIME_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    heal_at: float
    review_at: float
    propose_at: float
    verify_runs: int
    mutation_time: _duration_pb2.Duration
    orders: int
    def __init__(self, heal_at: _Optional[float] = ..., review_at: _Optional[float] = ..., propose_at: _Optional[float] = ..., verify_runs: _Optional[int] = ..., mutation_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., orders: _Optional[int] = ...) -> None: ...

class Failure(_message.Message):
    __slots__ = ("reason", "message")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class Report(_message.Message):
    __slots__ = ("tests", "patch", "proposed_patch", "total", "passed", "duration", "head_revision", "base_revision")
    TESTS_FIELD_NUMBER: _ClassVar[int]
    PATCH_FIELD_NUMBER: _ClassVar[int]
    PROPOSED_PATCH_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    HEAD_REVISION_FIELD_NUMBER: _ClassVar[int]
    BASE_REVISION_FIELD_NUMBER: _ClassVar[int]
    tests: _containers.RepeatedCompositeFieldContainer[TestHealing]
    patch: str
    proposed_patch: str
    total: int
    passed: int
    duration: _duration_pb2.Duration
    head_revision: str
    base_revision: str
    def __init__(self, tests: _Optional[_Iterable[_Union[TestHealing, _Mapping]]] = ..., patch: _Optional[str] = ..., proposed_patch: _Optional[str] = ..., total: _Optional[int] = ..., passed: _Optional[int] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., head_revision: _Optional[str] = ..., base_revision: _Optional[str] = ...) -> None: ...

class TestHealing(_message.Message):
    __slots__ = ("test", "verdict", "strategy", "confidence", "review", "evidence", "reason", "duration", "diff", "failure", "cause")
    TEST_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    DIFF_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    test: str
    verdict: Verdict
    strategy: str
    confidence: float
    review: Review
    evidence: _containers.RepeatedScalarFieldContainer[str]
    reason: str
    duration: _duration_pb2.Duration
    diff: str
    failure: str
    cause: str
    def __init__(self, test: _Optional[str] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., strategy: _Optional[str] = ..., confidence: _Optional[float] = ..., review: _Optional[_Union[Review, str]] = ..., evidence: _Optional[_Iterable[str]] = ..., reason: _Optional[str] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., diff: _Optional[str] = ..., failure: _Optional[str] = ..., cause: _Optional[str] = ...) -> None: ...

class CreateHealingRequest(_message.Message):
    __slots__ = ("parent", "healing_id", "spec", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    HEALING_ID_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    healing_id: str
    spec: HealingSpec
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., healing_id: _Optional[str] = ..., spec: _Optional[_Union[HealingSpec, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateHealingResponse(_message.Message):
    __slots__ = ("healing",)
    HEALING_FIELD_NUMBER: _ClassVar[int]
    healing: Healing
    def __init__(self, healing: _Optional[_Union[Healing, _Mapping]] = ...) -> None: ...

class GetHealingRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetHealingResponse(_message.Message):
    __slots__ = ("healing", "sequence")
    HEALING_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    healing: Healing
    sequence: int
    def __init__(self, healing: _Optional[_Union[Healing, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...

class ListHealingsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "order_by")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListHealingsResponse(_message.Message):
    __slots__ = ("healings", "next_page_token", "sequence")
    HEALINGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    healings: _containers.RepeatedCompositeFieldContainer[Healing]
    next_page_token: str
    sequence: int
    def __init__(self, healings: _Optional[_Iterable[_Union[Healing, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class WatchHealingRequest(_message.Message):
    __slots__ = ("name", "resume_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    resume_token: int
    def __init__(self, name: _Optional[str] = ..., resume_token: _Optional[int] = ...) -> None: ...

class WatchHealingResponse(_message.Message):
    __slots__ = ("sequence", "progress", "healing")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    HEALING_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    progress: HealingProgress
    healing: Healing
    def __init__(self, sequence: _Optional[int] = ..., progress: _Optional[_Union[HealingProgress, _Mapping]] = ..., healing: _Optional[_Union[Healing, _Mapping]] = ...) -> None: ...

class HealingProgress(_message.Message):
    __slots__ = ("healing", "stage", "message", "done", "total", "test")
    HEALING_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    TEST_FIELD_NUMBER: _ClassVar[int]
    healing: str
    stage: Stage
    message: str
    done: int
    total: int
    test: TestHealing
    def __init__(self, healing: _Optional[str] = ..., stage: _Optional[_Union[Stage, str]] = ..., message: _Optional[str] = ..., done: _Optional[int] = ..., total: _Optional[int] = ..., test: _Optional[_Union[TestHealing, _Mapping]] = ...) -> None: ...

class CancelHealingRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CancelHealingResponse(_message.Message):
    __slots__ = ("healing",)
    HEALING_FIELD_NUMBER: _ClassVar[int]
    healing: Healing
    def __init__(self, healing: _Optional[_Union[Healing, _Mapping]] = ...) -> None: ...

class ApproveHealingRequest(_message.Message):
    __slots__ = ("name", "tests", "comment", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TESTS_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    tests: _containers.RepeatedScalarFieldContainer[str]
    comment: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., tests: _Optional[_Iterable[str]] = ..., comment: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ApproveHealingResponse(_message.Message):
    __slots__ = ("healing",)
    HEALING_FIELD_NUMBER: _ClassVar[int]
    healing: Healing
    def __init__(self, healing: _Optional[_Union[Healing, _Mapping]] = ...) -> None: ...

class RejectHealingRequest(_message.Message):
    __slots__ = ("name", "tests", "comment", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TESTS_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    tests: _containers.RepeatedScalarFieldContainer[str]
    comment: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., tests: _Optional[_Iterable[str]] = ..., comment: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class RejectHealingResponse(_message.Message):
    __slots__ = ("healing",)
    HEALING_FIELD_NUMBER: _ClassVar[int]
    healing: Healing
    def __init__(self, healing: _Optional[_Union[Healing, _Mapping]] = ...) -> None: ...

class UploadProjectRequest(_message.Message):
    __slots__ = ("header", "data")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    header: ProjectHeader
    data: bytes
    def __init__(self, header: _Optional[_Union[ProjectHeader, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class ProjectHeader(_message.Message):
    __slots__ = ("parent",)
    PARENT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    def __init__(self, parent: _Optional[str] = ...) -> None: ...

class UploadProjectResponse(_message.Message):
    __slots__ = ("project", "size_bytes")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    project: str
    size_bytes: int
    def __init__(self, project: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class FileChange(_message.Message):
    __slots__ = ("path", "old", "new")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OLD_FIELD_NUMBER: _ClassVar[int]
    NEW_FIELD_NUMBER: _ClassVar[int]
    path: str
    old: bytes
    new: bytes
    def __init__(self, path: _Optional[str] = ..., old: _Optional[bytes] = ..., new: _Optional[bytes] = ...) -> None: ...

class CheckChangeRequest(_message.Message):
    __slots__ = ("parent", "files", "project")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    files: _containers.RepeatedCompositeFieldContainer[FileChange]
    project: HealingSpec
    def __init__(self, parent: _Optional[str] = ..., files: _Optional[_Iterable[_Union[FileChange, _Mapping]]] = ..., project: _Optional[_Union[HealingSpec, _Mapping]] = ...) -> None: ...

class Finding(_message.Message):
    __slots__ = ("path", "line", "kind", "test", "message")
    PATH_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TEST_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    path: str
    line: int
    kind: str
    test: str
    message: str
    def __init__(self, path: _Optional[str] = ..., line: _Optional[int] = ..., kind: _Optional[str] = ..., test: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class KeptKills(_message.Message):
    __slots__ = ("test", "kills", "kept", "message", "review")
    TEST_FIELD_NUMBER: _ClassVar[int]
    KILLS_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    test: str
    kills: int
    kept: int
    message: str
    review: bool
    def __init__(self, test: _Optional[str] = ..., kills: _Optional[int] = ..., kept: _Optional[int] = ..., message: _Optional[str] = ..., review: _Optional[bool] = ...) -> None: ...

class CheckChangeResponse(_message.Message):
    __slots__ = ("findings", "expectations", "kept_kills")
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    EXPECTATIONS_FIELD_NUMBER: _ClassVar[int]
    KEPT_KILLS_FIELD_NUMBER: _ClassVar[int]
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    expectations: _containers.RepeatedCompositeFieldContainer[Finding]
    kept_kills: _containers.RepeatedCompositeFieldContainer[KeptKills]
    def __init__(self, findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., expectations: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., kept_kills: _Optional[_Iterable[_Union[KeptKills, _Mapping]]] = ...) -> None: ...

class ListStrategiesRequest(_message.Message):
    __slots__ = ("parent",)
    PARENT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    def __init__(self, parent: _Optional[str] = ...) -> None: ...

class Strategy(_message.Message):
    __slots__ = ("id", "heals", "evidence", "available")
    ID_FIELD_NUMBER: _ClassVar[int]
    HEALS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    id: str
    heals: str
    evidence: str
    available: bool
    def __init__(self, id: _Optional[str] = ..., heals: _Optional[str] = ..., evidence: _Optional[str] = ..., available: _Optional[bool] = ...) -> None: ...

class ListStrategiesResponse(_message.Message):
    __slots__ = ("strategies",)
    STRATEGIES_FIELD_NUMBER: _ClassVar[int]
    strategies: _containers.RepeatedCompositeFieldContainer[Strategy]
    def __init__(self, strategies: _Optional[_Iterable[_Union[Strategy, _Mapping]]] = ...) -> None: ...

class GetStatisticsRequest(_message.Message):
    __slots__ = ("parent",)
    PARENT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    def __init__(self, parent: _Optional[str] = ...) -> None: ...

class StrategyStatistics(_message.Message):
    __slots__ = ("strategy", "healed", "proposed", "refused", "unhealed", "approved", "rejected", "success_rate", "later_passed", "later_failed")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    HEALED_FIELD_NUMBER: _ClassVar[int]
    PROPOSED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    UNHEALED_FIELD_NUMBER: _ClassVar[int]
    APPROVED_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_RATE_FIELD_NUMBER: _ClassVar[int]
    LATER_PASSED_FIELD_NUMBER: _ClassVar[int]
    LATER_FAILED_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    healed: int
    proposed: int
    refused: int
    unhealed: int
    approved: int
    rejected: int
    success_rate: float
    later_passed: int
    later_failed: int
    def __init__(self, strategy: _Optional[str] = ..., healed: _Optional[int] = ..., proposed: _Optional[int] = ..., refused: _Optional[int] = ..., unhealed: _Optional[int] = ..., approved: _Optional[int] = ..., rejected: _Optional[int] = ..., success_rate: _Optional[float] = ..., later_passed: _Optional[int] = ..., later_failed: _Optional[int] = ...) -> None: ...

class GetStatisticsResponse(_message.Message):
    __slots__ = ("completed", "failed", "strategies", "open_reviews", "time_saved", "assumed_per_cause")
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    STRATEGIES_FIELD_NUMBER: _ClassVar[int]
    OPEN_REVIEWS_FIELD_NUMBER: _ClassVar[int]
    TIME_SAVED_FIELD_NUMBER: _ClassVar[int]
    ASSUMED_PER_CAUSE_FIELD_NUMBER: _ClassVar[int]
    completed: int
    failed: int
    strategies: _containers.RepeatedCompositeFieldContainer[StrategyStatistics]
    open_reviews: int
    time_saved: _duration_pb2.Duration
    assumed_per_cause: _duration_pb2.Duration
    def __init__(self, completed: _Optional[int] = ..., failed: _Optional[int] = ..., strategies: _Optional[_Iterable[_Union[StrategyStatistics, _Mapping]]] = ..., open_reviews: _Optional[int] = ..., time_saved: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., assumed_per_cause: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
