"""The routes of others: which of allauth's and ninja's views are open, and to whom.

Their views cannot carry our gate, so they are named here one by one. What is not named is refused,
also what a later version brings. Closed ones answer like a missing page: here nobody signs up, an
administrator makes users.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

OWN = "account.own"


class Door(enum.Enum):
    PUBLIC = "public"  # for everybody
    OWN = "own"  # for whoever is signed in, about their own account
    CLOSED = "closed"  # for nobody


DOORS: dict[str, Door] = {
    # sign-in
    "account_login": Door.PUBLIC,
    "account_logout": Door.PUBLIC,
    "account_inactive": Door.PUBLIC,
    "mfa_authenticate": Door.PUBLIC,  # the second step of a sign-in
    "mfa_login_webauthn": Door.PUBLIC,
    # one's own password, second factor and passkeys
    "account_reauthenticate": Door.OWN,
    "account_change_password": Door.OWN,
    "mfa_index": Door.OWN,
    "mfa_reauthenticate": Door.OWN,
    "mfa_activate_totp": Door.OWN,
    "mfa_deactivate_totp": Door.OWN,
    "mfa_view_recovery_codes": Door.OWN,
    "mfa_generate_recovery_codes": Door.OWN,
    "mfa_download_recovery_codes": Door.OWN,
    "mfa_list_webauthn": Door.OWN,
    "mfa_add_webauthn": Door.OWN,
    "mfa_reauthenticate_webauthn": Door.OWN,
    "mfa_remove_webauthn": Door.OWN,
    "mfa_edit_webauthn": Door.OWN,
    # nobody signs up, and addresses are the administrator's to change
    "account_signup": Door.CLOSED,
    "account_email": Door.CLOSED,
    "account_email_verification_sent": Door.CLOSED,
    "account_confirm_email": Door.CLOSED,
    "account_set_password": Door.CLOSED,
    "account_confirm_login_code": Door.CLOSED,
    # the description of the API
    "openapi-json": Door.OWN,
    "openapi-view": Door.OWN,
    "api-root": Door.OWN,
}


def is_from_outside(view: Callable[..., object]) -> bool:
    """Whether a view is allauth's or ninja's, so that a name of ours cannot borrow their door."""
    function = getattr(view, "func", view)  # ninja hands out partial functions
    return str(getattr(function, "__module__", "")).startswith(("allauth.", "ninja."))


def is_closed(view: Callable[..., object], url_name: str | None) -> bool:
    return DOORS.get(url_name or "") is Door.CLOSED and is_from_outside(view)
