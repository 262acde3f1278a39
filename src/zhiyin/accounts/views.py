"""Screens about people who work here: users, departments, my account, audit, long work."""

from __future__ import annotations

from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import access, departments, queries, services, session_views, workspace
from zhiyin.accounts import work as long_work
from zhiyin.accounts.asking import asker, attempt
from zhiyin.accounts.audit import chain_pending, record
from zhiyin.accounts.audit_verify import verify
from zhiyin.accounts.forms import (
    AccountForm,
    AuditForm,
    DepartmentForm,
    NewUserForm,
    UserForm,
)
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import AuditEntry, Department, Locale, User, Work
from zhiyin.accounts.roles import Role, grantable

_read_or_write = require_http_methods(["GET", "HEAD", "POST"])


@gate("user.see")
@require_GET
def users(request: HttpRequest) -> HttpResponse:
    text, role = request.GET.get("q", "").strip()[:80], request.GET.get("role", "")
    closed = request.GET.get("closed") == "1"
    me = asker(request)
    found = queries.users_for(me, text=text, role=role, closed=closed)[:500]
    return render(
        request,
        "accounts/users.html",
        {
            "users": found,
            "q": text,
            "role": role,
            "closed": closed,
            "roles": [("", _("Every role")), *Role.choices],
            "may_add": access.allowed(me, "user.add"),
            "may_see_services": access.allowed(me, "service_account.see"),
            "may_see_sign_in": access.allowed(me, "sign_in.see"),
            "may_see_territories": access.allowed(me, "territory.see"),
            "levels": access.levels(me, "user"),
        },
    )


@gate("user.add")
@never_cache
@_read_or_write
def new_user(request: HttpRequest) -> HttpResponse:
    me = asker(request)
    form = NewUserForm(
        request.POST or None, by=me, initial={"locale": workspace.known().language or me.locale}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = attempt(
            form,
            lambda: services.create_user(
                by=me,
                email=data["email"],
                name=data["name"],
                roles=[Role(role) for role in data["roles"]],
                department=data["department"],
                locale=Locale(data["locale"]),
            ),
        )
        if made is not None:
            return render(request, "accounts/new_password.html", {"made": made})
    return render(request, "accounts/user_form.html", {"form": form})


@gate("user.see", write="user.change")
@_read_or_write
def user(request: HttpRequest, user_id: UUID) -> HttpResponse:
    me = asker(request)
    shown = _user(me, user_id)
    form = UserForm(request.POST or None, by=me, user=shown)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        changed = attempt(
            form,
            lambda: services.change_user(
                shown,
                by=me,
                name=data["name"],
                roles=[Role(role) for role in data["roles"]],
                department=data["department"],
            ),
        )
        if changed is not None:
            if changed.pk == me.pk:
                update_session_auth_hash(request, changed)
            messages.success(request, _("Saved."))
            return redirect("users")
    may_change = _may_change(me, shown)
    sessions = session_views.rows(shown) if may_change else []
    context = {"form": form, "shown": shown, "may_change": may_change, "sessions": sessions}
    return render(request, "accounts/user_form.html", context)


@gate("user.deactivate")
@require_POST
def deactivate_user(request: HttpRequest, user_id: UUID) -> HttpResponse:
    me = asker(request)
    shown = _user(me, user_id)
    try:
        services.deactivate_user(shown, by=me)
    except services.NotAllowed as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _("The account is closed; its sessions have ended."))
    return redirect("user", user_id)


@gate("user.deactivate")
@require_POST
def activate_user(request: HttpRequest, user_id: UUID) -> HttpResponse:
    me = asker(request)
    services.activate_user(_user(me, user_id), by=me)
    messages.success(request, _("The account is open again."))
    return redirect("user", user_id)


@gate("user.reset_password")
@never_cache
@require_POST
def reset_password(request: HttpRequest, user_id: UUID) -> HttpResponse:
    me = asker(request)
    made = services.reset_password(_user(me, user_id), by=me)
    return render(request, "accounts/new_password.html", {"made": made})


@gate("department.see", write="department.change")
@_read_or_write
def department_tree(request: HttpRequest) -> HttpResponse:
    me = asker(request)
    form = DepartmentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: departments.create_department(by=me, **form.cleaned_data))
        if made is not None:
            return redirect("departments")
    may_change = access.allowed(me, "department.change")
    tree = queries.department_nodes(queries.department_tree(), linked=may_change)
    context = {"tree": tree, "form": form, "may_change": may_change}
    return render(request, "accounts/departments.html", context)


@gate("department.change")
@_read_or_write
def department(request: HttpRequest, department_id: UUID) -> HttpResponse:
    me = asker(request)
    shown = get_object_or_404(Department, pk=department_id)
    initial = {"name_zh": shown.name_zh, "name_en": shown.name_en, "parent": shown.parent_id}
    form = DepartmentForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if attempt(form, lambda: departments.change_department(shown, by=me, **data)) is not None:
            return redirect("departments")
    return render(request, "accounts/department_form.html", {"form": form, "shown": shown})


@gate("department.change")
@require_POST
def remove_department(request: HttpRequest, department_id: UUID) -> HttpResponse:
    shown = get_object_or_404(Department, pk=department_id)
    try:
        departments.remove_department(shown, by=asker(request))
    except services.NotAllowed as reason:
        messages.error(request, str(reason))
    return redirect("departments")


@gate("account.own")
@_read_or_write
def account(request: HttpRequest) -> HttpResponse:
    """My name, language, colours, password, second factor, passkeys and sessions."""
    me = asker(request)
    form = AccountForm(request.POST or None, initial={"name": me.name})
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        if attempt(form, lambda: services.change_own_account(me, name=name)) is not None:
            messages.success(request, _("Saved."))
            return redirect("account")
    factors = set(Authenticator.objects.filter(user=me).values_list("type", flat=True))
    context = {
        "form": form,
        "has_totp": Authenticator.Type.TOTP in factors,
        "has_passkey": Authenticator.Type.WEBAUTHN in factors,
        "has_codes": Authenticator.Type.RECOVERY_CODES in factors,
        "theme_choices": User._meta.get_field("theme").choices,
        "sessions": session_views.rows(me, request),
        "news": session_views.news(me),
    }
    return render(request, "accounts/account.html", context)


@gate("audit.see")
@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    form = AuditForm(request.GET)
    form.is_valid()  # a filter that cannot be read is shown with its error and left out
    chain_pending()
    lines = queries.audit_page(queries.AuditFilter(**form.cleaned_data))
    shown = lines[: queries.AUDIT_PAGE]
    following = request.GET.copy()
    if len(lines) > len(shown):
        following["before"] = str(shown[-1].entry.seq)
    people = access.scoped(asker(request), User.objects.order_by("name"), "user.see")
    context = {
        "form": form,
        "lines": shown,
        "people": [("", _("Everybody")), *people.values_list("pk", "name")[:500]],
        "next": following.urlencode() if len(lines) > len(shown) else "",
    }
    return render(request, "accounts/audit.html", context)


@gate("audit.verify")
@require_POST
def verify_audit(request: HttpRequest) -> HttpResponse:
    """Check the whole chain now and say what was found."""
    chain_pending()
    findings = verify()
    record(asker(request), "audit.verified", findings=len(findings))
    context = {"findings": findings[:100], "entries": AuditEntry.objects.count()}
    return render(request, "accounts/audit_verified.html", context)


@gate("work.see")
@require_GET
def work(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """How far long work is: a fragment that asks again while it runs, else a page."""
    shown = get_object_or_404(
        access.scoped(asker(request), Work.objects.all(), "work.see"), pk=work_id
    )
    template = (
        "accounts/work.html" if request.headers.get("HX-Request") else "accounts/work_page.html"
    )
    return render(request, template, {"work": shown})


@gate("work.cancel")
@require_POST
def cancel_work(request: HttpRequest, work_id: UUID) -> HttpResponse:
    me = asker(request)
    shown = get_object_or_404(access.scoped(me, Work.objects.all(), "work.cancel"), pk=work_id)
    long_work.ask_to_cancel(shown, by=me)
    if request.headers.get("HX-Request"):
        return render(request, "accounts/work.html", {"work": shown})
    return redirect("work", work_id)


def _user(me: User, user_id: UUID) -> User:
    people = User.objects.filter(kind=User.Kind.PERSON).select_related("department")
    seen = access.scoped(me, people, "user.see")
    return get_object_or_404(seen, pk=user_id)


def _may_change(me: User, shown: User) -> bool:
    beyond = {Role(role) for role in shown.roles} - grantable(me.roles)
    return not beyond and access.can_reach(me, "user.change", shown)
