"""Where webhooks arrive: no account, no page, a status."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from zhiyin.accounts.gate import public
from zhiyin.collect.connections import arriving

READ_PAST = 1  # bytes beyond the limit by which it is known that there are more


@public
@csrf_exempt
@never_cache
@require_http_methods(["POST"])
def arrive(request: HttpRequest, connection_id: UUID, token: str = "") -> HttpResponse:
    """Take one message in; 200 once it is durable."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    most = settings.WEBHOOK_BODY_BYTES
    try:
        body = request.read(most + READ_PAST)
    except (RequestDataTooBig, OSError):
        body = b""
    outcome = arriving.arrive(connection_id, headers, body, token=token, most=most)
    said = {"received": outcome is arriving.Outcome.KEPT}
    return JsonResponse(said, status=int(outcome))
