"""What stands before every use case, whichever door a request comes through."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from google.protobuf.message import Message

from maestro_core.access import REQUIRED_ROLE
from maestro_core.auth.tokens import Authority
from maestro_core.context import Call
from maestro_core.errors import PermissionDenied, Unauthenticated
from maestro_core.identity import Principal, Role
from maestro_core.rpc.tenancy import names_in, refuse_other_tenants
from maestro_core.rpc.validation import validate


class Gate:
    """Authenticates, authorises, and checks a request: in this order, so that strangers learn nothing."""

    def __init__(self, authority: Authority, required_role: Mapping[str, Role] = REQUIRED_ROLE) -> None:
        """`required_role` maps the full name of each RPC to the role that it needs."""
        self._authority = authority
        self._required_role = required_role

    def knows(self, method: str) -> bool:
        """Whether a role is set for this RPC. One without is closed to everybody."""
        return method in self._required_role

    async def authenticate(self, call: Call, token: str, *, at: float | None = None) -> Principal:
        """Note in the call who makes it. `at` is when the token had to be valid, now by default.

        Raises Unauthenticated.
        """
        if not token:
            raise Unauthenticated("A bearer token is needed.", reason="TOKEN_MISSING")
        call.principal = await self._authority.verify(token, at)
        return call.principal

    def authorise(self, call: Call) -> None:
        """Raise PermissionDenied (ROLE_MISSING) where the caller may not make this call."""
        required = self._required_role.get(call.method)
        if required is None or call.principal is None or not call.principal.may(required):
            raise PermissionDenied(
                f"This needs the role {required or 'of nobody'}.",
                reason="ROLE_MISSING",
                metadata={"required_role": required or ""},
            )

    def check(self, call: Call, request: Message) -> None:
        """Refuse another tenant's resources and what breaks a rule, and note in the call what it is about.

        Raises PermissionDenied (TENANT_MISMATCH) and InvalidArgument (VALIDATION_FAILED).
        """
        names = names_in(request)
        if call.principal is not None:
            refuse_other_tenants(names, call.principal.tenant)
        validate(request)
        call.resource = call.resource or next(filter(None, names), "")
        request_id = getattr(request, "request_id", "")
        if request_id:
            content = call.method.encode() + b"\0" + request.SerializeToString(deterministic=True)
            call.request_id = request_id
            call.fingerprint = hashlib.sha256(content).hexdigest()
