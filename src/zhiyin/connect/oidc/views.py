"""Screens of the provider's sign-in: there, back, signed out; the rules and the test.

The buttons post to a page of ours that leads on, because the page's policy lets no form end on a
foreign host, and providers redirect from one host of theirs to another.
"""

from __future__ import annotations

import structlog
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import access, federating, sign_in_rules
from zhiyin.accounts.asking import asker, attempt
from zhiyin.accounts.audit import record
from zhiyin.accounts.gate import gate, public
from zhiyin.accounts.models import Department
from zhiyin.accounts.provider_claims import Refused
from zhiyin.accounts.roles import Role
from zhiyin.accounts.second_factor import STRONG
from zhiyin.connect.oidc import flow, probing, provider
from zhiyin.connect.oidc.faults import SignInError
from zhiyin.connect.oidc.forms import MORE_ROWS, RulesForm, kept_groups, sent_groups

log = structlog.get_logger()
_read_or_write = require_http_methods(["GET", "HEAD", "POST"])


@public
@never_cache
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the provider."""
    of = provider.client()
    if of is None:
        return redirect("account_login")
    goes_to = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(goes_to, {request.get_host()}, request.is_secure()):
        goes_to = ""
    try:
        address = flow.begin(request, of, goes_to=goes_to)
    except SignInError as error:
        return _failed(request, error)
    return render(request, "oidc/onward.html", {"address": address, "name": of.name})


@public
@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponseBase:
    """Back from the provider, with an answer to be believed or not."""
    of = provider.client()
    if of is None:
        return redirect("account_login")
    try:
        claims, goes_to = flow.finish(request, of)
        user = federating.admit(claims)
    except SignInError as error:
        return _failed(request, error)
    except Refused as refused:
        record(None, "sign_in_refused", way="oidc", reason=refused.reason.value)
        messages.error(request, str(refused.reason.label))
        return redirect("account_login")
    sid = claims.all.get("sid")
    record_authentication(
        request, user, method="oidc", amr=sorted(claims.amr)[:10],
        provider_session=federating.provider_session(
            claims.issuer, sid if isinstance(sid, str) else ""
        ),
    )  # fmt: skip
    strong = claims.is_strong(sign_in_rules.current().strong_acr)
    login = Login(
        user=user, redirect_url=goes_to or None, signal_kwargs={"method": "oidc"},
        state={STRONG: strong},
    )  # fmt: skip
    response: HttpResponseBase = perform_login(request, login)
    return response


@public
@never_cache
@require_GET
def leave(request: HttpRequest) -> HttpResponse:
    """After the sign-out here: lead to the provider's own."""
    of = provider.client()
    address = flow.leave_address(of) if of and not request.user.is_authenticated else ""
    if of is None or not address:
        return redirect("account_login")
    return render(request, "oidc/onward.html", {"address": address, "name": of.name, "out": True})


@public
@csrf_exempt  # the provider itself calls; what it says is signed
@never_cache
@require_POST
def logged_out(request: HttpRequest) -> HttpResponse:
    """The provider says that a session is over: it ends here (Back-Channel Logout 1.0, 2.5)."""
    of, ended = provider.client(), None
    try:
        if of is not None:
            told = flow.logout(of, request.POST.get("logout_token", ""))
            ended = federating.end_sessions(
                of.issuer, subject=told.subject, sid=told.sid, token_id=told.token_id
            )
    except SignInError as error:
        log.warning("oidc_logout_refused", reason=error.fault.value, detail=error.detail)
    if ended is None:
        return JsonResponse({"error": "invalid_request"}, status=400)
    return HttpResponse()


@gate("sign_in.see", write="sign_in.change")
@_read_or_write
def sign_in_rules_page(request: HttpRequest) -> HttpResponse:
    """The connection as the environment says it, and what the house allows."""
    me = asker(request)
    form = RulesForm(request.POST or None, rules=sign_in_rules.current())
    groups = kept_groups()
    if request.method == "POST":
        groups = sent_groups(request.POST.getlist("group"), request.POST.getlist("gives"))
        if form.is_valid():
            wanted = form.wanted(groups)
            if attempt(form, lambda: sign_in_rules.change(wanted, by=me)) is not None:
                messages.success(request, _("Saved."))
                return redirect("sign_in_rules")
    return _rules(request, form, groups)


@gate("sign_in.change")
@never_cache
@require_POST
def test_provider(request: HttpRequest) -> HttpResponse:
    """Try the connection now and say how each step went."""
    of = provider.client()
    if of is None:
        return redirect("sign_in_rules")
    steps = probing.probe(of)
    record(asker(request), "sign_in.tested", ok=all(step.ok for step in steps))
    form = RulesForm(None, rules=sign_in_rules.current())
    return _rules(request, form, kept_groups(), steps)


def _rules(
    request: HttpRequest,
    form: RulesForm,
    groups: list[tuple[str, str]],
    steps: list[probing.Step] | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "groups": [*groups, *[("", "")] * MORE_ROWS],
        "roles": Role.choices,
        "departments": Department.objects.order_by("path"),
        "provider": provider.client(),
        "redirect_uri": flow.redirect_uri(),
        "logout_uri": flow.logout_uri(),
        "may_change": access.allowed(asker(request), "sign_in.change"),
        "steps": steps,
    }
    return render(request, "oidc/rules.html", context, status=422 if form.errors else 200)


def _failed(request: HttpRequest, error: SignInError) -> HttpResponse:
    record(None, "sign_in_refused", way="oidc", reason=error.fault.value, detail=error.detail)
    messages.error(request, str(error.fault.label))
    return redirect("account_login")
