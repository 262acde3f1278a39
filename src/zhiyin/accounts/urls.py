"""Addresses below /account/: this room's screens and allauth's (see doors.py)."""

from __future__ import annotations

from allauth.account import urls as sign_in_urls
from django.urls import URLPattern, URLResolver, include, path

from zhiyin.accounts import (
    policy_views,
    reach_views,
    service_views,
    session_views,
    token_views,
    views,
)

# Without the reset by mail: where its address does not exist, allauth offers no link to it.
_SIGN_IN = [
    entry
    for entry in sign_in_urls.urlpatterns
    if not str(entry.name).startswith("account_reset_password")
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.account, name="account"),
    path("sessions/end/", session_views.end_sessions, name="end_sessions"),
    path("sessions/<uuid:session_id>/end/", session_views.end_session, name="end_session"),
    path("tokens/", token_views.tokens, name="tokens"),
    path("tokens/new/", token_views.new_token, name="new_token"),
    path("tokens/<uuid:token_id>/revoke/", token_views.revoke_token, name="revoke_token"),
    path("service/", service_views.service_accounts, name="service_accounts"),
    path("service/new/", service_views.new_service_account, name="new_service_account"),
    path("service/<uuid:user_id>/", service_views.service_account, name="service_account"),
    path(
        "service/<uuid:user_id>/open/",
        service_views.open_service_account,
        name="open_service_account",
    ),
    path(
        "service/<uuid:user_id>/tokens/", service_views.new_service_token, name="new_service_token"
    ),
    path(
        "service/tokens/<uuid:token_id>/revoke/",
        service_views.revoke_service_token,
        name="revoke_service_token",
    ),
    path("users/", views.users, name="users"),
    path("users/new/", views.new_user, name="new_user"),
    path("users/<uuid:user_id>/", views.user, name="user"),
    path("users/<uuid:user_id>/deactivate/", views.deactivate_user, name="deactivate_user"),
    path("users/<uuid:user_id>/activate/", views.activate_user, name="activate_user"),
    path("users/<uuid:user_id>/password/", views.reset_password, name="reset_user_password"),
    path(
        "users/<uuid:user_id>/sessions/end/",
        session_views.end_user_sessions,
        name="end_user_sessions",
    ),
    path("departments/", views.department_tree, name="departments"),
    path("departments/<uuid:department_id>/", views.department, name="department"),
    path(
        "departments/<uuid:department_id>/remove/",
        views.remove_department,
        name="remove_department",
    ),
    path("delegations/", reach_views.delegations, name="delegations"),
    path(
        "delegations/<uuid:delegation_id>/end/", reach_views.end_delegation, name="end_delegation"
    ),
    path("territories/", reach_views.territory_list, name="territories"),
    path("territories/new/", reach_views.new_territory, name="new_territory"),
    path("territories/<uuid:territory_id>/", reach_views.territory, name="territory"),
    path(
        "territories/<uuid:territory_id>/remove/",
        reach_views.remove_territory,
        name="remove_territory",
    ),
    path("permissions/", policy_views.permissions, name="permissions"),
    path("permissions/draft/", policy_views.policy_draft, name="policy_draft"),
    path(
        "permissions/draft/discard/",
        policy_views.discard_policy_draft,
        name="discard_policy_draft",
    ),
    path(
        "permissions/versions/<int:number>/draft/",
        policy_views.draft_earlier_policy,
        name="draft_earlier_policy",
    ),
    path(
        "permissions/versions/<int:number>/back/",
        policy_views.go_back_policy,
        name="go_back_policy",
    ),
    path("permissions/<slug:resource>/<slug:role>/", policy_views.permission, name="permission"),
    path("audit/", views.audit, name="audit"),
    path("audit/verify/", views.verify_audit, name="verify_audit"),
    path("work/<uuid:work_id>/", views.work, name="work"),
    path("work/<uuid:work_id>/cancel/", views.cancel_work, name="cancel_work"),
    path("", include(_SIGN_IN)),
    path("2fa/", include("allauth.mfa.urls")),
]
