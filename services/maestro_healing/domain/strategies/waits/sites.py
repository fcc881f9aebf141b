"""Where a failing test waits, and what for."""

import re
from collections.abc import Iterator, Sequence

import libcst as cst

from maestro_healing.domain.rewrite.located import assigned, only, walk
from maestro_healing.domain.rewrite.references import dotted, terminal
from maestro_healing.domain.rewrite.waits import Anchor, bare
from maestro_healing.domain.runs import COLLECT
from maestro_healing.domain.strategies.expectations.scene import Scene, View
from maestro_healing.domain.strategies.waits.demands import blocks, demand, inlined
from maestro_healing.domain.strategies.waits.model import Bound, Site, Way
from maestro_healing.domain.strategies.waits.pollable import Pollable

_SLEEPS = frozenset({"time.sleep", "sleep", "asyncio.sleep", "anyio.sleep", "trio.sleep", "gevent.sleep"})
_STARTS = re.compile(
    r"(^|_)(start|submit|create_task|ensure_future|start_soon|Popen|Timer|Thread|Process|apply_async|schedule|"
    r"spawn|run_in_executor|call_later|enqueue|trigger|publish|post|put|dispatch|send|emit|submit|launch|begin)"
)
# Where the bound of a wait stands among the arguments.
_PLACES = {"wait": 0, "join": 0, "result": 0, "timeout": 0, "fail_after": 0, "wait_for": 1, "get": 1}
# These do not always raise where their time runs out.
_SILENT = ("wait", "join", "wait_for")
_TIMED_OUT = ("TimeoutError", "TimeoutExpired", "Empty", "BrokenBarrierError")
_CLOCKS = re.compile(r"\b(perf_counter|monotonic|process_time|elapsed|duration|took)\b|time\.time\(")
_FAKED = re.compile(r"freez|time_machine|fake_?clock|patch.{0,20}\btime\b|setattr\(\s*time\b|\"time\.")
_OF_TIME = re.compile(
    r"\b\w*(within|fast|quick|latenc|immediate|timeout|times_out|timed_out|deadline|elapsed|performan|slow|"
    r"prompt(?!_)|in_time|on_time)\w*\b",
    re.IGNORECASE,
)
_MOST_STATEMENTS = 40


def site_of(scene: Scene, pollable: Pollable) -> Site | None:
    """Where the failing test waits for what it then finds missing; None where it does not wait."""
    failure = scene.failure
    if failure.phase == COLLECT or not scene.views:
        return None
    view = scene.views[0]
    text = scene.case.texts[view.file]
    if _FAKED.search(view.code(view.function)) or _FAKED.search(_head_of(text)):
        return None
    return _checked(view) or _bounded(scene, view) or _blind(view, pollable)


def _head_of(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.startswith(("import ", "from ")))


def _anchor(view: View, statement: cst.CSTNode, replaced: bool) -> Anchor:
    return Anchor(view.owner, bare(view.code(statement)), view.located.line(statement), replaced)


def _of_time(view: View) -> str:
    """Where the test's name, its documentation or a comment says that it is about time."""
    function = view.function
    texts = [view.owner, function.get_docstring() or ""]
    texts += [node.value for node in walk(function) if isinstance(node, cst.Comment)]
    found = (match[0] for text in texts if (match := _OF_TIME.search(text)))
    return next(found, "")


def _checked(view: View) -> Site | None:
    """An assertion on a time that the test itself took."""
    statement = view.statement
    test = demand(statement) if statement is not None else None
    match test:
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=operator)]):
            if not isinstance(operator, cst.LessThan | cst.LessThanEqual):
                return None
        case _:
            return None
    if statement is None or not _CLOCKS.search(view.code(view.function)) or not _numbers(test):
        return None
    anchor = _anchor(view, statement, True)
    return Site(Way.CHECKED, view.file, anchor, _numbers(test)[0][0], of_time=anchor.code)


def _numbers(node: cst.CSTNode) -> list[tuple[float, cst.CSTNode]]:
    return [
        (float(child.evaluated_value), child)
        for child in walk(node)
        if isinstance(child, cst.Integer | cst.Float)
    ]


def _bounded(scene: Scene, view: View) -> Site | None:
    """A wait with a bound that ran out: in the statement that failed, or one right before it."""
    timed_out = scene.failure.short_type in _TIMED_OUT
    before = _before(view)
    own = view.path[::-1] if timed_out or demand(view.path[-1] if view.path else view.function) else []
    joined = [s for s in before[:2] if isinstance(only(s), cst.Expr) and _is_wait_only(only(s))]
    for statement in (*own, *([] if timed_out else joined)):
        for call in _waiting_calls(statement, timed_out):
            bound, seconds = _bound(scene, view, call)
            if bound is not None and seconds > 0:
                code = view.code(statement)
                limit = f"{_limit(seconds):g}"
                shown = view.code(call)
                changed = _with_limit(view, call, limit)
                anchor = _anchor(view, statement, True)
                return Site(
                    Way.BOUNDED,
                    view.file,
                    anchor,
                    seconds,
                    bound=bound,
                    code=bare(code).replace(shown, changed, 1),
                    of_time=_of_time(view),
                )
    return None


def _limit(seconds: float) -> float:
    return min(max(20 * seconds, 3.0), 10.0) if seconds < 10 else 2 * seconds


def _is_wait_only(small: cst.CSTNode | None) -> bool:
    match small:
        case cst.Expr(value=cst.Call(func=cst.Attribute(attr=cst.Name(value="join" | "wait")))):
            return True
        case cst.Expr(value=cst.Await(expression=cst.Call(func=func))):
            return terminal(func) in ("wait_for", "wait")
    return False


def _waiting_calls(statement: cst.CSTNode, timed_out: bool) -> Iterator[cst.Call]:
    """Calls in a statement's own expressions that wait for something."""
    for child in statement.children:
        if isinstance(child, cst.BaseSuite | cst.Else | cst.ExceptHandler):
            continue
        for node in walk(child):
            if isinstance(node, cst.Call) and (timed_out or terminal(node.func) in _SILENT):
                yield node


def _bound_arg(call: cst.Call) -> cst.Arg | None:
    """The argument that bounds a wait."""
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value in ("timeout", "delay"):
            return arg
    name = terminal(call.func)
    plain = [arg for arg in call.args if arg.keyword is None and not arg.star]
    place = _PLACES.get(name)
    return plain[place] if place is not None and place < len(plain) else None


def _bound(scene: Scene, view: View, call: cst.Call) -> tuple[Bound | None, float]:
    """The bound of a waiting call: a number in it, or the constant that it names."""
    arg = _bound_arg(call)
    if arg is None:
        return None, 0.0
    match arg.value:
        case cst.Integer() | cst.Float():
            before, _, after = _around(view.code(call), view.code(arg), view.code(arg.value))
            bound = Bound(view.owner, view.code(call), view.located.line(call), before, after)
            return bound, float(arg.value.evaluated_value)
        case cst.Name(value=name):
            return _constant(scene, view, name)
    return None, 0.0


def _around(whole: str, arg: str, number: str) -> tuple[str, str, str]:
    """What stands before and after the number of an argument, the last one that reads so."""
    place = whole.rindex(arg.rstrip(", "))
    start = place + arg.index(number)
    return whole[:start], number, whole[start + len(number) :]


def _with_limit(view: View, call: cst.Call, limit: str) -> str:
    arg = _bound_arg(call)
    assert arg is not None
    before, _, after = _around(view.code(call), view.code(arg), view.code(arg.value))
    return f"{before}{limit}{after}"


def _constant(scene: Scene, view: View, name: str) -> tuple[Bound | None, float]:
    module = scene.module(view.file)
    found = [s for s in (module.body if module else ()) if (pair := assigned(s)) and pair[0] == name]
    pair = assigned(found[0]) if len(found) == 1 else None
    if module is None or pair is None or not isinstance(pair[1], cst.Integer | cst.Float):
        return None, 0.0
    number = module.code_for_node(pair[1])
    return Bound(name, number, 0, "", ""), float(pair[1].evaluated_value)


def _before(view: View) -> list[cst.CSTNode]:
    """The statements before the failed one in its block, the nearest first."""
    block, place = _block(view)
    return list(reversed(block[:place]))


def _block(view: View) -> tuple[Sequence[cst.CSTNode], int]:
    for block in blocks(view.function.body):
        for place, statement in enumerate(block):
            if statement is view.statement:
                return block, place
    return [], 0


def _blind(view: View, pollable: Pollable) -> Site | None:
    """A fixed time, or none at all, between what begins the work and what demands its outcome."""
    if view.statement is None:
        return None
    block, place = _block(view)
    first = place
    while first > 0 and _is_transparent(view, block[first - 1], pollable):
        first -= 1
    if first == 0:
        return None
    anchor = block[first - 1]
    conditions, failed = _conditions(view, block, first, place, pollable)
    if failed is None:
        return None
    slept = _sleep(anchor)
    if slept is None:
        started = [name for s in block[:first] for name in _called(s)]
        if not any(_STARTS.search(name) for name in started):
            return None
        pause = "await asyncio.sleep" if view.function.asynchronous else "time.sleep"
        wait = Site(Way.BLIND, view.file, _anchor(view, anchor, False), 0.0)
    else:
        pause, seconds = slept
        wait = Site(Way.BLIND, view.file, _anchor(view, anchor, True), seconds)
    return Site(
        wait.way, wait.file, wait.anchor, wait.seconds, conditions, failed, pause, of_time=_of_time(view)
    )


def _called(statement: cst.CSTNode) -> list[str]:
    return [terminal(node.func) for node in walk(statement) if isinstance(node, cst.Call)]


def _sleep(statement: cst.CSTNode) -> tuple[str, float] | None:
    """How a statement sleeps, and for how many seconds."""
    match only(statement):
        case cst.Expr(value=cst.Call(func=func, args=[cst.Arg(value=number)])):
            awaited = ""
        case cst.Expr(value=cst.Await(expression=cst.Call(func=func, args=[cst.Arg(value=number)]))):
            awaited = "await "
        case _:
            return None
    if dotted(func) not in _SLEEPS:
        return None
    found = _numbers(number)
    return f"{awaited}{dotted(func)}", found[0][0] if found else 0.0


def _is_transparent(view: View, statement: cst.CSTNode, pollable: Pollable) -> bool:
    """Whether a statement only looks: an assertion, or an assignment of what it sees."""
    test = demand(statement)
    if test is not None:
        return pollable(view.code(test), view.file)
    pair = assigned(statement)
    return pair is not None and pollable(view.code(pair[1]), view.file)


def _conditions(
    view: View, block: Sequence[cst.CSTNode], first: int, failed: int, pollable: Pollable
) -> tuple[tuple[str, ...], int | None]:
    """What the statements from the first one on demand, and which of it the failed one does."""
    values: dict[str, cst.BaseExpression] = {}
    found: list[str] = []
    place: int | None = None
    for number in range(first, min(len(block), first + _MOST_STATEMENTS)):
        statement = block[number]
        if not _is_transparent(view, statement, pollable):
            break
        test, pair = demand(statement), assigned(statement)
        if number == failed:
            place = len(found)
        if test is not None:
            found.append(" ".join(view.located.module.code_for_node(inlined(test, values)).split()))
        elif pair is not None:
            values[pair[0]] = inlined(pair[1], values)
    # An assignment that failed is looked at by what is demanded of it next.
    return tuple(found), place if place is not None and place < len(found) else None
