import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TemplateStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TEMPLATE_STATUS_UNSPECIFIED: _ClassVar[TemplateStatus]
    TEMPLATE_STATUS_DRAFT: _ClassVar[TemplateStatus]
    TEMPLATE_STATUS_IN_REVIEW: _ClassVar[TemplateStatus]
    TEMPLATE_STATUS_PUBLISHED: _ClassVar[TemplateStatus]
    TEMPLATE_STATUS_DEPRECATED: _ClassVar[TemplateStatus]
    TEMPLATE_STATUS_REVOKED: _ClassVar[TemplateStatus]

class Visibility(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VISIBILITY_UNSPECIFIED: _ClassVar[Visibility]
    VISIBILITY_TENANT: _ClassVar[Visibility]
    VISIBILITY_SHARED: _ClassVar[Visibility]

class TemplateFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TEMPLATE_FORMAT_UNSPECIFIED: _ClassVar[TemplateFormat]
    TEMPLATE_FORMAT_COOKIECUTTER: _ClassVar[TemplateFormat]
    TEMPLATE_FORMAT_COPIER: _ClassVar[TemplateFormat]
    TEMPLATE_FORMAT_BACKSTAGE: _ClassVar[TemplateFormat]
TEMPLATE_STATUS_UNSPECIFIED: TemplateStatus
TEMPLATE_STATUS_DRAFT: TemplateStatus
TEMPLATE_STATUS_IN_REVIEW: TemplateStatus
TEMPLATE_STATUS_PUBLISHED: TemplateStatus
TEMPLATE_STATUS_DEPRECATED: TemplateStatus
TEMPLATE_STATUS_REVOKED: TemplateStatus
VISIBILITY_UNSPECIFIED: Visibility
VISIBILITY_TENANT: Visibility
VISIBILITY_SHARED: Visibility
TEMPLATE_FORMAT_UNSPECIFIED: TemplateFormat
TEMPLATE_FORMAT_COOKIECUTTER: TemplateFormat
TEMPLATE_FORMAT_COPIER: TemplateFormat
TEMPLATE_FORMAT_BACKSTAGE: TemplateFormat

class Template(_message.Message):
    __slots__ = ("name", "display_name", "description", "category", "kind", "tags", "owner", "status", "visibility", "version", "commit", "parameters", "answer_sets", "quality", "create_time", "update_time", "etag", "files")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    ANSWER_SETS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    description: str
    category: str
    kind: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    owner: str
    status: TemplateStatus
    visibility: Visibility
    version: str
    commit: str
    parameters: _struct_pb2.Struct
    answer_sets: _containers.RepeatedCompositeFieldContainer[AnswerSet]
    quality: Quality
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    etag: str
    files: _containers.RepeatedCompositeFieldContainer[TemplateFile]
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., description: _Optional[str] = ..., category: _Optional[str] = ..., kind: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., owner: _Optional[str] = ..., status: _Optional[_Union[TemplateStatus, str]] = ..., visibility: _Optional[_Union[Visibility, str]] = ..., version: _Optional[str] = ..., commit: _Optional[str] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., answer_sets: _Optional[_Iterable[_Union[AnswerSet, _Mapping]]] = ..., quality: _Optional[_Union[Quality, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ..., files: _Optional[_Iterable[_Union[TemplateFile, _Mapping]]] = ...) -> None: ...

class TemplateFile(_message.Message):
    __slots__ = ("path", "content", "executable")
    PATH_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    EXECUTABLE_FIELD_NUMBER: _ClassVar[int]
    path: str
    content: bytes
    executable: bool
    def __init__(self, path: _Optional[str] = ..., content: _Optional[bytes] = ..., executable: _Optional[bool] = ...) -> None: ...

class AnswerSet(_message.Message):
    __slots__ = ("name", "answers")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    answers: _struct_pb2.Struct
    def __init__(self, name: _Optional[str] = ..., answers: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class Quality(_message.Message):
    __slots__ = ("score", "evidence")
    SCORE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    score: float
    evidence: _containers.RepeatedCompositeFieldContainer[Evidence]
    def __init__(self, score: _Optional[float] = ..., evidence: _Optional[_Iterable[_Union[Evidence, _Mapping]]] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("validator", "validator_version", "answer_set", "passed", "output", "duration", "time")
    VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    VALIDATOR_VERSION_FIELD_NUMBER: _ClassVar[int]
    ANSWER_SET_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    validator: str
    validator_version: str
    answer_set: str
    passed: bool
    output: str
    duration: _duration_pb2.Duration
    time: _timestamp_pb2.Timestamp
    def __init__(self, validator: _Optional[str] = ..., validator_version: _Optional[str] = ..., answer_set: _Optional[str] = ..., passed: _Optional[bool] = ..., output: _Optional[str] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Version(_message.Message):
    __slots__ = ("version", "commit", "author", "message", "create_time")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    version: str
    commit: str
    author: str
    message: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, version: _Optional[str] = ..., commit: _Optional[str] = ..., author: _Optional[str] = ..., message: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateTemplateRequest(_message.Message):
    __slots__ = ("parent", "template_id", "files", "visibility", "message", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_ID_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    template_id: str
    files: _containers.RepeatedCompositeFieldContainer[TemplateFile]
    visibility: Visibility
    message: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., template_id: _Optional[str] = ..., files: _Optional[_Iterable[_Union[TemplateFile, _Mapping]]] = ..., visibility: _Optional[_Union[Visibility, str]] = ..., message: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateTemplateResponse(_message.Message):
    __slots__ = ("template",)
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    template: Template
    def __init__(self, template: _Optional[_Union[Template, _Mapping]] = ...) -> None: ...

class GetTemplateRequest(_message.Message):
    __slots__ = ("name", "version", "include_files")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_FILES_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    include_files: bool
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., include_files: _Optional[bool] = ...) -> None: ...

class GetTemplateResponse(_message.Message):
    __slots__ = ("template", "sequence")
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    template: Template
    sequence: int
    def __init__(self, template: _Optional[_Union[Template, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...

class ListTemplatesRequest(_message.Message):
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

class ListTemplatesResponse(_message.Message):
    __slots__ = ("templates", "next_page_token", "sequence")
    TEMPLATES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    templates: _containers.RepeatedCompositeFieldContainer[Template]
    next_page_token: str
    sequence: int
    def __init__(self, templates: _Optional[_Iterable[_Union[Template, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class UpdateTemplateRequest(_message.Message):
    __slots__ = ("template", "update_mask", "files", "message", "etag", "request_id")
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    template: Template
    update_mask: _field_mask_pb2.FieldMask
    files: _containers.RepeatedCompositeFieldContainer[TemplateFile]
    message: str
    etag: str
    request_id: str
    def __init__(self, template: _Optional[_Union[Template, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., files: _Optional[_Iterable[_Union[TemplateFile, _Mapping]]] = ..., message: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdateTemplateResponse(_message.Message):
    __slots__ = ("template",)
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    template: Template
    def __init__(self, template: _Optional[_Union[Template, _Mapping]] = ...) -> None: ...

class DeleteTemplateRequest(_message.Message):
    __slots__ = ("name", "etag", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteTemplateResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SearchTemplatesRequest(_message.Message):
    __slots__ = ("parent", "query", "facets", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    FACETS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    query: str
    facets: _containers.RepeatedCompositeFieldContainer[FacetFilter]
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., query: _Optional[str] = ..., facets: _Optional[_Iterable[_Union[FacetFilter, _Mapping]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class FacetFilter(_message.Message):
    __slots__ = ("facet", "values")
    FACET_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    facet: str
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, facet: _Optional[str] = ..., values: _Optional[_Iterable[str]] = ...) -> None: ...

class SearchTemplatesResponse(_message.Message):
    __slots__ = ("hits", "facets", "total", "next_page_token", "sequence")
    HITS_FIELD_NUMBER: _ClassVar[int]
    FACETS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[SearchHit]
    facets: _containers.RepeatedCompositeFieldContainer[FacetCounts]
    total: int
    next_page_token: str
    sequence: int
    def __init__(self, hits: _Optional[_Iterable[_Union[SearchHit, _Mapping]]] = ..., facets: _Optional[_Iterable[_Union[FacetCounts, _Mapping]]] = ..., total: _Optional[int] = ..., next_page_token: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class SearchHit(_message.Message):
    __slots__ = ("template", "score")
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    template: Template
    score: float
    def __init__(self, template: _Optional[_Union[Template, _Mapping]] = ..., score: _Optional[float] = ...) -> None: ...

class FacetCounts(_message.Message):
    __slots__ = ("facet", "counts")
    class CountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    FACET_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    facet: str
    counts: _containers.ScalarMap[str, int]
    def __init__(self, facet: _Optional[str] = ..., counts: _Optional[_Mapping[str, int]] = ...) -> None: ...

class ListVersionsRequest(_message.Message):
    __slots__ = ("name", "page_size", "page_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    page_size: int
    page_token: str
    def __init__(self, name: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVersionsResponse(_message.Message):
    __slots__ = ("versions", "next_page_token")
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    versions: _containers.RepeatedCompositeFieldContainer[Version]
    next_page_token: str
    def __init__(self, versions: _Optional[_Iterable[_Union[Version, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DiffVersionsRequest(_message.Message):
    __slots__ = ("name", "from_version", "to_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FROM_VERSION_FIELD_NUMBER: _ClassVar[int]
    TO_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    from_version: str
    to_version: str
    def __init__(self, name: _Optional[str] = ..., from_version: _Optional[str] = ..., to_version: _Optional[str] = ...) -> None: ...

class DiffVersionsResponse(_message.Message):
    __slots__ = ("diff", "added", "deleted", "changed")
    DIFF_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    diff: str
    added: _containers.RepeatedScalarFieldContainer[str]
    deleted: _containers.RepeatedScalarFieldContainer[str]
    changed: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, diff: _Optional[str] = ..., added: _Optional[_Iterable[str]] = ..., deleted: _Optional[_Iterable[str]] = ..., changed: _Optional[_Iterable[str]] = ...) -> None: ...

class RollbackTemplateRequest(_message.Message):
    __slots__ = ("name", "version", "etag", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    etag: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class RollbackTemplateResponse(_message.Message):
    __slots__ = ("template",)
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    template: Template
    def __init__(self, template: _Optional[_Union[Template, _Mapping]] = ...) -> None: ...

class RenderTemplateRequest(_message.Message):
    __slots__ = ("name", "version", "answers", "only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    answers: _struct_pb2.Struct
    only: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., answers: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., only: _Optional[str] = ...) -> None: ...

class RenderTemplateResponse(_message.Message):
    __slots__ = ("files", "version", "answers")
    FILES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[TemplateFile]
    version: str
    answers: _struct_pb2.Struct
    def __init__(self, files: _Optional[_Iterable[_Union[TemplateFile, _Mapping]]] = ..., version: _Optional[str] = ..., answers: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class ValidateTemplateRequest(_message.Message):
    __slots__ = ("parent", "template", "version", "files")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    parent: str
    template: str
    version: str
    files: _containers.RepeatedCompositeFieldContainer[TemplateFile]
    def __init__(self, parent: _Optional[str] = ..., template: _Optional[str] = ..., version: _Optional[str] = ..., files: _Optional[_Iterable[_Union[TemplateFile, _Mapping]]] = ...) -> None: ...

class ValidateTemplateResponse(_message.Message):
    __slots__ = ("problems",)
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    problems: _containers.RepeatedCompositeFieldContainer[Problem]
    def __init__(self, problems: _Optional[_Iterable[_Union[Problem, _Mapping]]] = ...) -> None: ...

class Problem(_message.Message):
    __slots__ = ("path", "line", "message", "answer_set")
    PATH_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ANSWER_SET_FIELD_NUMBER: _ClassVar[int]
    path: str
    line: int
    message: str
    answer_set: str
    def __init__(self, path: _Optional[str] = ..., line: _Optional[int] = ..., message: _Optional[str] = ..., answer_set: _Optional[str] = ...) -> None: ...

class TransitionTemplateRequest(_message.Message):
    __slots__ = ("name", "status", "comment", "etag", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    status: TemplateStatus
    comment: str
    etag: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., status: _Optional[_Union[TemplateStatus, str]] = ..., comment: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class TransitionTemplateResponse(_message.Message):
    __slots__ = ("template",)
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    template: Template
    def __init__(self, template: _Optional[_Union[Template, _Mapping]] = ...) -> None: ...

class ImportTemplateRequest(_message.Message):
    __slots__ = ("parent", "template_id", "files", "format", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_ID_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    template_id: str
    files: _containers.RepeatedCompositeFieldContainer[TemplateFile]
    format: TemplateFormat
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., template_id: _Optional[str] = ..., files: _Optional[_Iterable[_Union[TemplateFile, _Mapping]]] = ..., format: _Optional[_Union[TemplateFormat, str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ImportTemplateResponse(_message.Message):
    __slots__ = ("template", "not_executed")
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    NOT_EXECUTED_FIELD_NUMBER: _ClassVar[int]
    template: Template
    not_executed: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, template: _Optional[_Union[Template, _Mapping]] = ..., not_executed: _Optional[_Iterable[str]] = ...) -> None: ...

class UpdateProjectRequest(_message.Message):
    __slots__ = ("parent", "files", "version", "answers")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    parent: str
    files: _containers.RepeatedCompositeFieldContainer[TemplateFile]
    version: str
    answers: _struct_pb2.Struct
    def __init__(self, parent: _Optional[str] = ..., files: _Optional[_Iterable[_Union[TemplateFile, _Mapping]]] = ..., version: _Optional[str] = ..., answers: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class UpdateProjectResponse(_message.Message):
    __slots__ = ("files", "diff", "conflicts", "problems", "from_version", "to_version")
    FILES_FIELD_NUMBER: _ClassVar[int]
    DIFF_FIELD_NUMBER: _ClassVar[int]
    CONFLICTS_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    FROM_VERSION_FIELD_NUMBER: _ClassVar[int]
    TO_VERSION_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[TemplateFile]
    diff: str
    conflicts: _containers.RepeatedCompositeFieldContainer[TemplateFile]
    problems: _containers.RepeatedCompositeFieldContainer[Problem]
    from_version: str
    to_version: str
    def __init__(self, files: _Optional[_Iterable[_Union[TemplateFile, _Mapping]]] = ..., diff: _Optional[str] = ..., conflicts: _Optional[_Iterable[_Union[TemplateFile, _Mapping]]] = ..., problems: _Optional[_Iterable[_Union[Problem, _Mapping]]] = ..., from_version: _Optional[str] = ..., to_version: _Optional[str] = ...) -> None: ...

class SyncRepositoryRequest(_message.Message):
    __slots__ = ("parent", "remote", "pull", "push", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REMOTE_FIELD_NUMBER: _ClassVar[int]
    PULL_FIELD_NUMBER: _ClassVar[int]
    PUSH_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    remote: str
    pull: bool
    push: bool
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., remote: _Optional[str] = ..., pull: _Optional[bool] = ..., push: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class SyncRepositoryResponse(_message.Message):
    __slots__ = ("pulled", "pushed", "conflicts", "refused")
    PULLED_FIELD_NUMBER: _ClassVar[int]
    PUSHED_FIELD_NUMBER: _ClassVar[int]
    CONFLICTS_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    pulled: _containers.RepeatedScalarFieldContainer[str]
    pushed: _containers.RepeatedScalarFieldContainer[str]
    conflicts: _containers.RepeatedScalarFieldContainer[str]
    refused: _containers.RepeatedCompositeFieldContainer[RefusedBranch]
    def __init__(self, pulled: _Optional[_Iterable[str]] = ..., pushed: _Optional[_Iterable[str]] = ..., conflicts: _Optional[_Iterable[str]] = ..., refused: _Optional[_Iterable[_Union[RefusedBranch, _Mapping]]] = ...) -> None: ...

class RefusedBranch(_message.Message):
    __slots__ = ("branch", "reason")
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    branch: str
    reason: str
    def __init__(self, branch: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class WatchTemplatesRequest(_message.Message):
    __slots__ = ("parent", "resume_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    resume_token: int
    def __init__(self, parent: _Optional[str] = ..., resume_token: _Optional[int] = ...) -> None: ...

class TemplateChange(_message.Message):
    __slots__ = ("template", "deleted")
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    template: Template
    deleted: bool
    def __init__(self, template: _Optional[_Union[Template, _Mapping]] = ..., deleted: _Optional[bool] = ...) -> None: ...

class WatchTemplatesResponse(_message.Message):
    __slots__ = ("sequence", "change")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    change: TemplateChange
    def __init__(self, sequence: _Optional[int] = ..., change: _Optional[_Union[TemplateChange, _Mapping]] = ...) -> None: ...

class TemplateUsed(_message.Message):
    __slots__ = ("template", "version", "user")
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    template: str
    version: str
    user: str
    def __init__(self, template: _Optional[str] = ..., version: _Optional[str] = ..., user: _Optional[str] = ...) -> None: ...

class GetStatisticsRequest(_message.Message):
    __slots__ = ("parent",)
    PARENT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    def __init__(self, parent: _Optional[str] = ...) -> None: ...

class GetStatisticsResponse(_message.Message):
    __slots__ = ("templates", "by_status", "by_category", "renders")
    class ByStatusEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class ByCategoryEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class RendersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    TEMPLATES_FIELD_NUMBER: _ClassVar[int]
    BY_STATUS_FIELD_NUMBER: _ClassVar[int]
    BY_CATEGORY_FIELD_NUMBER: _ClassVar[int]
    RENDERS_FIELD_NUMBER: _ClassVar[int]
    templates: int
    by_status: _containers.ScalarMap[str, int]
    by_category: _containers.ScalarMap[str, int]
    renders: _containers.ScalarMap[str, int]
    def __init__(self, templates: _Optional[int] = ..., by_status: _Optional[_Mapping[str, int]] = ..., by_category: _Optional[_Mapping[str, int]] = ..., renders: _Optional[_Mapping[str, int]] = ...) -> None: ...
