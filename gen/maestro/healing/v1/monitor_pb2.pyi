import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from maestro.healing.v1 import healing_pb2 as _healing_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERROR_KIND_UNSPECIFIED: _ClassVar[ErrorKind]
    ERROR_KIND_TEST: _ClassVar[ErrorKind]
    ERROR_KIND_BUILD: _ClassVar[ErrorKind]
    ERROR_KIND_TYPE: _ClassVar[ErrorKind]
    ERROR_KIND_LINT: _ClassVar[ErrorKind]
ERROR_KIND_UNSPECIFIED: ErrorKind
ERROR_KIND_TEST: ErrorKind
ERROR_KIND_BUILD: ErrorKind
ERROR_KIND_TYPE: ErrorKind
ERROR_KIND_LINT: ErrorKind

class Monitor(_message.Message):
    __slots__ = ("name", "spec", "interval", "kinds", "heal", "create_time", "last_revision", "etag", "push", "last_look_time", "failure", "healings", "owner")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    HEAL_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_REVISION_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    PUSH_FIELD_NUMBER: _ClassVar[int]
    LAST_LOOK_TIME_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    HEALINGS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: _healing_pb2.HealingSpec
    interval: _duration_pb2.Duration
    kinds: _containers.RepeatedScalarFieldContainer[ErrorKind]
    heal: bool
    create_time: _timestamp_pb2.Timestamp
    last_revision: str
    etag: str
    push: bool
    last_look_time: _timestamp_pb2.Timestamp
    failure: _healing_pb2.Failure
    healings: _containers.RepeatedCompositeFieldContainer[MonitorHealing]
    owner: str
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[_healing_pb2.HealingSpec, _Mapping]] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., kinds: _Optional[_Iterable[_Union[ErrorKind, str]]] = ..., heal: _Optional[bool] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_revision: _Optional[str] = ..., etag: _Optional[str] = ..., push: _Optional[bool] = ..., last_look_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., failure: _Optional[_Union[_healing_pb2.Failure, _Mapping]] = ..., healings: _Optional[_Iterable[_Union[MonitorHealing, _Mapping]]] = ..., owner: _Optional[str] = ...) -> None: ...

class MonitorHealing(_message.Message):
    __slots__ = ("healing", "revision", "branch", "commit", "outcome")
    HEALING_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    healing: str
    revision: str
    branch: str
    commit: str
    outcome: str
    def __init__(self, healing: _Optional[str] = ..., revision: _Optional[str] = ..., branch: _Optional[str] = ..., commit: _Optional[str] = ..., outcome: _Optional[str] = ...) -> None: ...

class ErrorFound(_message.Message):
    __slots__ = ("kind", "monitor", "revision", "subject", "message")
    KIND_FIELD_NUMBER: _ClassVar[int]
    MONITOR_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    kind: ErrorKind
    monitor: str
    revision: str
    subject: str
    message: str
    def __init__(self, kind: _Optional[_Union[ErrorKind, str]] = ..., monitor: _Optional[str] = ..., revision: _Optional[str] = ..., subject: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class CreateMonitorRequest(_message.Message):
    __slots__ = ("parent", "monitor_id", "monitor", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    MONITOR_ID_FIELD_NUMBER: _ClassVar[int]
    MONITOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    monitor_id: str
    monitor: Monitor
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., monitor_id: _Optional[str] = ..., monitor: _Optional[_Union[Monitor, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateMonitorResponse(_message.Message):
    __slots__ = ("monitor",)
    MONITOR_FIELD_NUMBER: _ClassVar[int]
    monitor: Monitor
    def __init__(self, monitor: _Optional[_Union[Monitor, _Mapping]] = ...) -> None: ...

class GetMonitorRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetMonitorResponse(_message.Message):
    __slots__ = ("monitor", "sequence")
    MONITOR_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    monitor: Monitor
    sequence: int
    def __init__(self, monitor: _Optional[_Union[Monitor, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...

class ListMonitorsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListMonitorsResponse(_message.Message):
    __slots__ = ("monitors", "next_page_token", "sequence")
    MONITORS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    monitors: _containers.RepeatedCompositeFieldContainer[Monitor]
    next_page_token: str
    sequence: int
    def __init__(self, monitors: _Optional[_Iterable[_Union[Monitor, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class DeleteMonitorRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteMonitorResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchErrorsRequest(_message.Message):
    __slots__ = ("parent", "resume_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    resume_token: int
    def __init__(self, parent: _Optional[str] = ..., resume_token: _Optional[int] = ...) -> None: ...

class WatchErrorsResponse(_message.Message):
    __slots__ = ("sequence", "error")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    error: ErrorFound
    def __init__(self, sequence: _Optional[int] = ..., error: _Optional[_Union[ErrorFound, _Mapping]] = ...) -> None: ...
