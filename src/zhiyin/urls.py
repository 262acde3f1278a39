"""Every address of the product, room by room. Each route carries a gate; see accounts.gate."""

from __future__ import annotations

from django.urls import include, path

from zhiyin.collect.views.arriving import arrive
from zhiyin.collect.views.entry import entry, entry_worker, send_entries
from zhiyin.engage.unsubscribing import unsubscribe
from zhiyin.files.views import file_by_ticket

urlpatterns = [
    path("", include("zhiyin.console.urls")),
    path("", include("zhiyin.monitor.urls")),
    path("account/company/", include("zhiyin.connect.oidc.urls")),
    path("account/", include("zhiyin.accounts.urls")),
    path("settings/fields/", include("zhiyin.objects.custom.urls")),
    path("customers/", include("zhiyin.customers.urls")),
    path("", include("zhiyin.talk.urls")),
    path("files/", include("zhiyin.files.urls")),
    path("f/<uuid:ticket>", file_by_ticket, name="file_by_ticket"),
    path("companies/", include("zhiyin.customers.company_urls")),
    path("views/", include("zhiyin.objects.urls")),
    path("data/", include("zhiyin.collect.urls")),
    path("insight/", include("zhiyin.understand.urls")),
    path("quality/", include("zhiyin.quality.urls")),
    path("campaigns/", include("zhiyin.engage.urls")),
    path("govern/", include("zhiyin.govern.urls")),
    path("webhooks/", include("zhiyin.connect.urls")),
    path("entry/", entry, name="entry"),
    path("entry/send/", send_entries, name="send_entries"),
    path("entry/worker.js", entry_worker, name="entry_worker"),
    path("hooks/<uuid:connection_id>", arrive, name="arrive"),
    path("hooks/<uuid:connection_id>/<str:token>", arrive, name="arrive_by_secret"),
    path("u/<str:token>", unsubscribe, name="unsubscribe"),
    path("api/v1/", include("zhiyin.console.api_urls")),
]

handler400 = "zhiyin.console.errors.bad_request"
handler403 = "zhiyin.console.errors.forbidden"
handler404 = "zhiyin.console.errors.not_found"
handler500 = "zhiyin.console.errors.server_error"
