"""Reads a test from top to bottom, with the helpers and fixtures that it uses: the facts about it.

Abstract interpretation of the plainest sort: every statement is read once, names stand for what
was assigned last, and each check carries what could keep it from failing the test.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from maestro_healing.domain.guard import checks, marks
from maestro_healing.domain.guard.facts import Context, EventKind, Facts, Rows
from maestro_healing.domain.guard.project import Project
from maestro_healing.domain.guard.relations import number
from maestro_healing.domain.guard.scope import Scope, always_fails, calls_in, own_statements
from maestro_healing.domain.guard.source import Function, FunctionNode, Role, dotted, imported, last_name
from maestro_healing.domain.guard.tables import items, rows
from maestro_healing.domain.guard.truth import constant_truth

_DEPTH = 4
# Helpers that call helpers multiply: more of them in one test are left unread on both sides.
_MOST_CALLS = 2000
_BROAD = {"Exception", "BaseException", "AssertionError"}
_SKIPS = {"skip", "skipTest", "importorskip", "exit", "SkipTest"}


def facts(project: Project, function: Function) -> Facts:
    """Everything about one test, fixture or helper."""
    return _Walker(project).unit(function)


class _Walker:
    def __init__(self, project: Project) -> None:
        self._project = project
        self._facts = Facts()
        self._stack: list[Function] = []
        self._in_loop = 0
        self._calls_left = _MOST_CALLS

    def unit(self, function: Function) -> Facts:
        module = self._project.modules[function.path]
        scope = Scope.of(module, function, {})
        outer = [
            m for c in function.classes if c in module.classes for m in self._class_marks(module.classes[c])
        ]
        module_marks = module.constants.get("pytestmark")
        for decorators in (function.node.decorator_list, outer, _as_list(module_marks)):
            self._facts.events += marks.decorator_events(decorators, scope)
            self._facts.tables += marks.parameter_tables(decorators, scope)
        self._facts.fixtures = frozenset(self._project.fixtures_of(function))
        self._stack.append(function)
        if function.role is Role.TEST:
            for used in self._project.surroundings(function):
                self._call(used, {}, Context())
            self._module_level(scope)
        self._function_body(function.node, scope, Context())
        return self._facts

    def _class_marks(self, node: ast.ClassDef) -> list[ast.expr]:
        assigned = [
            s.value for s in node.body if isinstance(s, ast.Assign) and "pytestmark" in map(dotted, s.targets)
        ]
        return [*node.decorator_list, *(m for value in assigned for m in _as_list(value))]

    def _module_level(self, scope: Scope) -> None:
        """`pytest.importorskip(...)` or `pytest.skip(...)` at the top of a module."""
        for call in scope.module.top_level_calls:
            if dotted(call.func) in ("pytest.importorskip", "pytest.skip", "unittest.SkipTest"):
                self._event(EventKind.SKIP, call, scope, conditional=True)
        for node in scope.module.tree.body:
            self._facts.events += marks.module_patch(node, scope)

    def _event(
        self, kind: EventKind, node: ast.AST, scope: Scope, conditional: bool = False, amount: float = 1.0
    ) -> None:
        self._facts.events.append(marks.event(kind, node, scope, conditional, amount))

    def _function_body(self, node: FunctionNode, scope: Scope, context: Context) -> None:
        if scope.function.role is Role.TEST and len(self._stack) == 1 and _is_generator(node):
            self._event(EventKind.GENERATOR, node, scope)
        self._block(own_statements(node), scope, context)

    def _call(self, function: Function, arguments: Mapping[str, str], context: Context) -> None:
        """The checks of a helper as if they stood where it is called."""
        self._calls_left -= 1
        if function in self._stack or len(self._stack) > _DEPTH or self._calls_left < 0:
            return
        self._stack.append(function)
        module = self._project.modules[function.path]
        if function.role is Role.FIXTURE:
            scope = Scope.of(module, function, {})
            self._facts.events += marks.decorator_events(function.node.decorator_list, scope)
            self._facts.tables += marks.parameter_tables(function.node.decorator_list, scope)
        loop, self._in_loop = self._in_loop, 0
        self._function_body(function.node, Scope.of(module, function, arguments), context)
        self._in_loop = loop
        self._stack.pop()

    def _block(self, body: Sequence[ast.stmt], scope: Scope, context: Context) -> tuple[str, Context]:
        """How the block is left (`return`, `raise`, `skip`, `loop` or empty) and the context after it."""
        ended = ""
        for node in body:
            exit_, context = self._statement(node, scope, context)
            if exit_:
                ended = ended or exit_
                if not context.dead:
                    context = replace(
                        context, dead=f"it follows the `{shown_head(node)}` in line {node.lineno}"
                    )
        return ended, context

    def _statement(self, node: ast.stmt, scope: Scope, context: Context) -> tuple[str, Context]:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.GeneratorExp) and not context.dead:
            unread = replace(context, dead="nothing goes through the generator")
            self._calls(node, scope, unread)
        elif not isinstance(node, FunctionNode | ast.ClassDef):
            self._calls(node, scope, context)
        match node:
            case ast.Assert():
                self._facts.checks += checks.of_assert(node, scope, context)
                return ("raise" if constant_truth(node.test, {}) is False else ""), context
            case ast.Expr(value=ast.Call(args=[condition, *_]) as call) if last_name(call) == "assume":
                return "", replace(context, conditions=(*context.conditions, scope.write(condition)))
            case ast.Expr(value=value):
                return self._expression(value, scope, context), context
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value, scope)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self._assign(target, value, scope)
            case ast.AugAssign(target=target, value=value):
                scope.bind(
                    target, None, f"({scope.write(target)} {type(node.op).__name__} {scope.write(value)})"
                )
            case ast.Import() | ast.ImportFrom():
                scope.names.update(imported(node))
            case ast.Return():
                return "return", context
            case ast.Raise(exc=raised):
                if raised is not None and last_name(raised) == "SkipTest":
                    self._event(EventKind.SKIP, raised, scope, conditional=bool(context.conditions))
                    return "skip", context
                if raised is not None and last_name(raised) in ("AssertionError", "failureException"):
                    self._facts.checks.append(checks.of_raised(raised, scope, context))
                return "raise", context
            case ast.Continue() | ast.Break():
                return "loop", context
            case ast.If():
                return self._if(node, scope, context)
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node, scope, context)
            case ast.Try() | ast.TryStar():
                return self._try(node, scope, context)
            case ast.With() | ast.AsyncWith():
                return self._with(node, scope, context)
            case ast.Match():
                for case in node.cases:
                    conditional = replace(
                        context, conditions=(*context.conditions, scope.write(node.subject))
                    )
                    self._block(case.body, scope, conditional)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._nested(node, scope, context)
            case ast.ClassDef():
                scope.names[node.name] = f"local class {node.name}"
                for inner in node.body:
                    if isinstance(inner, FunctionNode):
                        self._block(inner.body, _inner(scope, inner), context)
        return "", context

    def _nested(self, node: FunctionNode, scope: Scope, context: Context) -> None:
        if node.name in scope.module.imports:
            target = ast.copy_location(ast.Name(node.name, ast.Store()), node)
            self._facts.events.append(marks.stand_in(target, frozenset({node.name}), "", scope))
        scope.names[node.name] = f"local function {node.name}"
        if node.name not in scope.loaded and not node.decorator_list and not context.dead:
            context = replace(context, dead=f"it is in `{node.name}`, which nothing calls")
        self._block(node.body, _inner(scope, node), context)

    def _assign(self, target: ast.expr, value: ast.expr, scope: Scope) -> None:
        self._facts.events += marks.assignment_patch(target, value, scope)
        scope.bind(target, value, scope.write(value))

    def _calls(self, node: ast.stmt, scope: Scope, context: Context) -> None:
        """Everything that the statement's own expressions call."""
        for call in calls_in(node):
            name = last_name(call.func)
            self._facts.events += marks.patch_events(call, scope)
            if name == "sleep" or name == "wait_for_timeout":
                self._sleep(call, scope)
            elif (
                name in ("simplefilter", "filterwarnings")
                and call.args
                and marks.ignores_warnings(call.args[0])
            ):
                self._event(EventKind.IGNORE_WARNINGS, call, scope)
            elif name == "importorskip":
                self._event(EventKind.SKIP, call, scope, conditional=True)
            elif name in ("add_marker", "applymarker"):
                self._facts.events += marks.decorator_events(call.args[:1], scope)
            elif isinstance(node, ast.Expr) and node.value is call:
                self._helper(call, scope, context, alone=True)
            else:
                self._helper(call, scope, context)

    def _helper(self, call: ast.Call, scope: Scope, context: Context, alone: bool = False) -> None:
        function = self._project.helper(call, scope.function)
        if function is None or not self._project.matters(function):
            return
        if alone and isinstance(function.node, ast.AsyncFunctionDef) and not context.dead:
            context = replace(context, dead=f"nothing awaits `{function.name}`")
        parameters = list(function.parameters)
        if function.classes and parameters and parameters[0] in ("self", "cls"):
            parameters = parameters[1:]
        arguments = dict(zip(parameters, map(scope.write, call.args), strict=False))
        arguments |= {k.arg: scope.write(k.value) for k in call.keywords if k.arg}
        self._call(function, arguments, context)

    def _sleep(self, call: ast.Call, scope: Scope) -> None:
        seconds = number(call.args[0], scope.known) if call.args else 0.0
        if seconds != 0.0 and scope.names.get("sleep", "sleep") == "sleep":
            self._event(EventKind.SLEEP, call, scope, conditional=bool(self._in_loop), amount=seconds)

    def _expression(self, value: ast.expr, scope: Scope, context: Context) -> str:
        call = value.value if isinstance(value, ast.Await) else value
        if not isinstance(call, ast.Call):
            return ""
        name, path = last_name(call.func), dotted(call.func)
        if checks.raises_op(call) and len(call.args) >= 2:
            rest = call.args[2 if "regex" in name.lower() else 1 :]
            if rest and not isinstance(rest[0], ast.Constant):
                self._facts.checks.append(
                    checks.of_raises(call, [ast.Call(rest[0], list(rest[1:]), [])], scope, context)
                )
                return ""
        if path == "os._exit":
            self._event(EventKind.SKIP, call, scope, conditional=bool(context.conditions))
            return "skip"
        if (
            name in _SKIPS
            and path.split(".")[0] in ("pytest", "self", "unittest", "cls", name)
            and name != "importorskip"
        ):
            self._event(EventKind.SKIP, call, scope, conditional=bool(context.conditions))
            return "skip"
        if path in ("pytest.xfail", "xfail"):
            self._event(EventKind.XFAIL, call, scope, conditional=bool(context.conditions))
            return "skip"
        helper = self._project.helper(call, scope.function)
        if helper is None or not self._project.matters(helper):
            self._facts.checks += checks.of_call(call, scope, context)
        return "raise" if name == "fail" and path.split(".")[0] in ("pytest", "self", "fail") else ""

    def _if(self, node: ast.If, scope: Scope, context: Context) -> tuple[str, Context]:
        truth, condition = constant_truth(node.test, scope.known), scope.write(node.test)
        never = f"the condition in line {node.lineno} is never met"
        yes = no = context
        if truth is None:
            yes = replace(context, conditions=(*context.conditions, condition))
            no = replace(context, conditions=(*context.conditions, f"not {condition}"))
        elif truth and not context.dead:
            no = replace(context, dead=never)
        elif not context.dead:
            yes = replace(context, dead=never)
        before = dict(scope.names)
        left, _ = self._block(node.body, scope, yes)
        after, scope.names = scope.names, before
        other, _ = self._block(node.orelse, scope, no)
        if truth is True:
            scope.names = after
            return left, context
        if truth is False:
            return other, context
        if left in ("return", "loop") and not other:
            return "", replace(context, conditions=(*context.conditions, f"not {condition}"))
        if left or other:
            scope.names = after if other and not left else scope.names
            return (left if left and other else ""), context
        scope.merge(before, after)
        return "", context

    def _loop(
        self, node: ast.For | ast.AsyncFor | ast.While, scope: Scope, context: Context
    ) -> tuple[str, Context]:
        inner, table = context, None
        if isinstance(node, ast.While):
            if constant_truth(node.test, scope.known) is False and not context.dead:
                inner = replace(context, dead=f"the condition in line {node.lineno} is never met")
        else:
            inner, table = self._iteration(node, scope, context)
        made = len(self._facts.checks)
        self._in_loop += 1
        self._block(node.body, scope, inner)
        self._in_loop -= 1
        if table is not None and len(self._facts.checks) > made:
            self._facts.tables.append(table)
        exit_, _ = self._block(node.orelse, scope, context)
        return exit_, context

    def _iteration(
        self, node: ast.For | ast.AsyncFor, scope: Scope, context: Context
    ) -> tuple[Context, Rows | None]:
        """What the loop's body runs under, and the rows that feed it where they are written down."""
        data = items(node.iter, scope)
        if not data:
            if data is not None and not context.dead:
                context = replace(context, dead=f"the loop in line {node.lineno} runs over nothing")
            scope.bind(node.target, None, f"each of {scope.write(node.iter)}")
            return context, None
        names = tuple(n.id for n in ast.walk(node.target) if isinstance(n, ast.Name))
        table = rows(names, node.iter, scope)
        if table.rows and any(isinstance(s, ast.Break) for s in node.body):
            table = replace(table, rows=table.rows[:1])
        for name in names:
            scope.bind(ast.Name(name, ast.Store()), None, f"‹{name}›")
        return context, table

    def _try(self, node: ast.Try | ast.TryStar, scope: Scope, context: Context) -> tuple[str, Context]:
        body = context
        for handler in node.handlers:
            checked = _checks_inside(handler) and not marks.catches_failures(handler)
            if checked or always_fails(handler.body):
                continue
            caught = f"`except {ast.unparse(handler.type)}`" if handler.type else "a bare `except`"
            text = f"{caught} in line {handler.lineno}"
            if not marks.catches_failures(handler):
                body = replace(body, bypassed=body.bypassed or text)
            elif self._in_loop:
                body = replace(body, retried=body.retried or text)
            else:
                body = replace(body, swallowed=body.swallowed or text)
        if any(isinstance(n, ast.Return) for s in node.finalbody for n in ast.walk(s)):
            body = replace(body, swallowed=f"the `return` in `finally` in line {node.finalbody[0].lineno}")
        left, _ = self._block(node.body, scope, body)
        exits = [left]
        for handler in node.handlers:
            caught = f"except {scope.write(handler.type)}"
            if handler.name:
                scope.names[handler.name] = "raised"
            exit_, _ = self._block(
                handler.body, scope, replace(context, conditions=(*context.conditions, caught))
            )
            exits.append(exit_)
        orelse, _ = self._block(node.orelse, scope, context)
        exits[0] = exits[0] or orelse
        final, _ = self._block(node.finalbody, scope, context)
        every = exits[0] if all(exits) else ""
        if not every and "return" in exits[1:]:
            context = replace(context, conditions=(*context.conditions, "no exception"))
        return final or every, context

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope, context: Context) -> tuple[str, Context]:
        raising: list[ast.Call] = []
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and checks.raises_op(call):
                raising.append(call)
                if item.optional_vars is not None:
                    scope.bind(item.optional_vars, None, "raised")
                continue
            hidden = f"`{ast.unparse(call)}` in line {call.lineno}"
            if _suppresses_failures(call) or self._project.swallows(call, scope.function):
                context = replace(context, swallowed=context.swallowed or hidden)
            elif last_name(call) == "suppress":
                context = replace(context, bypassed=context.bypassed or hidden)
            if item.optional_vars is not None:
                scope.bind(item.optional_vars, None, f"enter {scope.write(call)}")
        inner = context
        for call in raising:
            self._facts.checks.append(checks.of_raises(call, node.body, scope, context))
            if (
                checks.raises_op(call) == "raises"
                and {last_name(a) for a in call.args[:1]} & _BROAD
                and not inner.swallowed
            ):
                inner = replace(inner, swallowed=f"`{ast.unparse(call)}` in line {call.lineno}")
        exit_ = self._guarded(node.body, scope, inner) if raising else self._block(node.body, scope, inner)[0]
        return ("" if raising or exit_ == "raise" else exit_), context

    def _guarded(self, body: Sequence[ast.stmt], scope: Scope, context: Context) -> str:
        """A block that must raise. What it asserts last is never found false: what is before it raises."""
        exit_, after = self._block(body[:-1], scope, context)
        if exit_ or len(body) == 1 or not isinstance(body[-1], ast.Assert):
            last, _ = self._block(body[-1:], scope, after)
            return exit_ or last
        self._block(body[-1:], scope, replace(after, dead=after.dead or "the block has raised before it"))
        return ""


def _as_list(node: ast.expr | None) -> list[ast.expr]:
    if node is None:
        return []
    return list(node.elts) if isinstance(node, ast.List | ast.Tuple) else [node]


def _inner(scope: Scope, node: FunctionNode) -> Scope:
    own = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
    names = {**scope.names, **{a: a for a in own}}
    return replace(scope, names=names, known={k: v for k, v in scope.known.items() if k not in own})


def _is_generator(node: FunctionNode) -> bool:
    pending: list[ast.AST] = list(node.body)
    while pending:
        current = pending.pop()
        if isinstance(current, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(current, FunctionNode | ast.Lambda | ast.ClassDef | ast.GeneratorExp):
            pending.extend(ast.iter_child_nodes(current))
    return False


def _suppresses_failures(call: ast.expr) -> bool:
    if not isinstance(call, ast.Call) or last_name(call) != "suppress":
        return False
    return any(isinstance(a, ast.Starred) or last_name(a) in _BROAD for a in call.args)


def _checks_inside(handler: ast.ExceptHandler) -> bool:
    return any(
        isinstance(n, ast.Assert) or (isinstance(n, ast.Call) and last_name(n).lower().startswith("assert"))
        for s in handler.body
        for n in ast.walk(s)
    )


def shown_head(node: ast.stmt) -> str:
    """First word of a statement, or what it calls."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return dotted(node.value.func)
    return type(node).__name__.lower()
