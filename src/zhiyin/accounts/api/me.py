"""Who am I, and what may I do."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema

from zhiyin.accounts import access
from zhiyin.accounts.api.requests import user_of
from zhiyin.accounts.api.responses import answers
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import AccessToken

router = Router(tags=["me"])


class Named(Schema):
    """An id and what it is called."""

    id: UUID
    name: str


class TokenOut(Schema):
    """The token of this request."""

    name: str = Field(examples=["Nightly export"])
    prefix: str = Field(examples=["zy_k3jH90aB"])
    scopes: list[str] = Field(
        description="`all`, `read`, or the permissions it is narrowed to.", examples=[["read"]]
    )
    expires_at: datetime


class MeOut(Schema):
    """The one who asks."""

    id: UUID
    kind: Literal["person", "service"]
    email: str = Field(examples=["lin@example.com"])
    name: str = Field(examples=["林小满"])
    roles: list[str] = Field(examples=[["sales"]])
    department: Named | None
    locale: str = Field(examples=["zh-hans"])
    permissions: list[str] = Field(
        description="Everything this user may do to some row at least, as resource.action.",
        examples=[["customer.see", "customer.change"]],
    )
    writable: list[str] = Field(
        description="Customer fields that this user may write on some customers at least.",
        examples=[["city", "name"]],
    )
    token: TokenOut | None = Field(description="Null for the session of a browser.")


@router.get("/me", response=answers(MeOut), operation_id="me", summary="Who am I")
@gate("account.own")
def me(request: HttpRequest) -> dict[str, object]:
    """The signed-in user, with roles and permissions."""
    user = user_of(request)
    department = user.department
    return {
        "id": user.pk,
        "kind": user.kind,
        "email": user.email,
        "name": user.name,
        "roles": user.roles,
        "department": department and {"id": department.pk, "name": department.name},
        "locale": user.locale,
        "permissions": sorted(
            f"{resource.name}.{action}"
            for resource in access.resources().values()
            for action in resource.actions
            if access.allowed(user, f"{resource.name}.{action}")
        ),
        "writable": sorted(access.writable(user, "customer")),
        "token": user.token and _token(user.token),
    }


def _token(token: AccessToken) -> dict[str, object]:
    return {
        "name": token.name,
        "prefix": token.prefix,
        "scopes": token.scopes,
        "expires_at": token.expires_at,
    }
