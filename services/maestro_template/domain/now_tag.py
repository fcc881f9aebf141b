"""The `{% now %}` tag: `{% now 'utc', '%Y' %}` is how templates write the year into a licence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from jinja2 import TemplateRuntimeError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

_FORMAT: Final = "%Y-%m-%d"
_HERE: Final = frozenset({"utc", "local"})
_UNITS: Final = frozenset({"weeks", "days", "hours", "minutes", "seconds"})


class NowExtension(Extension):
    """The current time, of this machine's zone (which is UTC where Maestro runs) or of UTC.

    `'utc' + 'days=1,hours=2'` moves it. Other zones need a database of zones, which a worker can't open.
    """

    tags = {"now"}  # noqa: RUF012

    def parse(self, parser: Parser) -> nodes.Output:
        """The tag as an output."""
        line = next(parser.stream).lineno
        moment = parser.parse_expression()
        form = parser.parse_expression() if parser.stream.skip_if("comma") else nodes.Const(_FORMAT)
        sign = 0
        offset: nodes.Expr = nodes.Const("")
        if isinstance(moment, nodes.BinExpr) and moment.operator in ("+", "-"):
            sign = 1 if moment.operator == "+" else -1
            offset = moment.right
            moment = moment.left
        call = self.call_method("_now", [moment, nodes.Const(sign), offset, form], lineno=line)
        return nodes.Output([call], lineno=line)

    def _now(self, zone: str, sign: int, offset: str, form: str) -> str:
        if str(zone).lower() not in _HERE:
            raise TemplateRuntimeError(f"the time zone {zone!r} is not known here; 'utc' is")
        moved = timedelta()
        for part in filter(None, str(offset).split(",")):
            unit, _, amount = part.partition("=")
            if unit.strip() not in _UNITS:
                raise TemplateRuntimeError(f"{part!r} is no span of time such as 'days=1'")
            moved += sign * timedelta(**{unit.strip(): float(amount)})
        return (datetime.now(UTC) + moved).strftime(str(form))
