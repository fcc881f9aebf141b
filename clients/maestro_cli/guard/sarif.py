"""Findings as SARIF 2.1.0, which code hosts and editors read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from urllib.parse import quote

from maestro_healing.domain.guard import Finding, Kind

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def document(
    findings: Mapping[Finding, str], approved: Sequence[Finding], expectations: Sequence[Finding]
) -> dict[str, object]:
    """Weakenings (by their ids) as errors, approved ones as suppressed; changed expectations as notes."""
    results = [_result(one, "error", id, one in approved) for one, id in findings.items()]
    results += [_result(one, "note", "", False) for one in expectations]
    driver = {"name": "maestro guard", "version": version("maestro"), "rules": [_rule(kind) for kind in Kind]}
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "utf16CodeUnits"}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(kind: Kind) -> dict[str, object]:
    words = kind.replace("_", " ")
    level = "note" if kind is Kind.EXPECTATION_CHANGED else "error"
    return {
        "id": kind.value,
        "shortDescription": {"text": f"{words[0].upper()}{words[1:]}"},
        "defaultConfiguration": {"level": level},
    }


def _result(finding: Finding, level: str, id: str, approved: bool) -> dict[str, object]:
    message = f"{finding.message} ({finding.test})" if finding.test else finding.message
    place = {
        "artifactLocation": {"uri": quote(finding.file), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": max(finding.line, 1)},
    }
    result: dict[str, object] = {
        "ruleId": finding.kind.value,
        "level": level,
        "message": {"text": message.encode("utf-8", "replace").decode()},
        "locations": [{"physicalLocation": place}],
    }
    if id:
        result["partialFingerprints"] = {"maestroGuard/v1": id}
    if approved:
        result["suppressions"] = [{"kind": "external", "status": "accepted"}]
    return result
