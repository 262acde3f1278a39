"""Addresses of this room, below /data/."""

from __future__ import annotations

from django.urls import URLPattern, path

from zhiyin.collect.views import (
    connections,
    keys,
    listing,
    live,
    mappings,
    plans,
    set_aside,
    sources,
    steps,
    uploads,
)

urlpatterns: list[URLPattern] = [
    path("imports/", listing.imports, name="imports"),
    path("imports/new/", uploads.new_import, name="new_import"),
    path("imports/<uuid:import_id>/", steps.shown, name="import"),
    path("imports/<uuid:import_id>/columns/", uploads.columns, name="import_columns"),
    path("imports/<uuid:import_id>/check/", steps.check, name="check_import"),
    path("imports/<uuid:import_id>/load/", steps.load, name="load_import"),
    path("imports/<uuid:import_id>/undo/", steps.undo, name="undo_import"),
    path("imports/<uuid:import_id>/cancel/", steps.cancel, name="cancel_import"),
    path("imports/<uuid:import_id>/progress/", steps.progress, name="import_progress"),
    path("imports/<uuid:import_id>/rejects/", steps.rejects, name="import_rejects"),
    path("sources/", sources.sources, name="sources"),
    path("sources/new/", sources.new_source, name="new_source"),
    path("sources/<uuid:source_id>/", sources.source, name="source"),
    path("sources/<uuid:source_id>/change/", sources.change_source, name="change_source"),
    path("sources/<uuid:source_id>/switch/", sources.switch_source, name="switch_source"),
    path(
        "sources/<uuid:source_id>/connections/new/",
        connections.choose_connection,
        name="choose_connection",
    ),
    path(
        "sources/<uuid:source_id>/connections/new/<slug:kind>/",
        connections.new_connection,
        name="new_connection",
    ),
    path("sources/connections/<uuid:connection_id>/", connections.connection, name="connection"),
    path(
        "sources/connections/<uuid:connection_id>/change/",
        connections.change_connection,
        name="change_connection",
    ),
    path(
        "sources/connections/<uuid:connection_id>/read/",
        connections.read_now,
        name="read_connection",
    ),
    path(
        "sources/connections/<uuid:connection_id>/pause/",
        connections.pause_connection,
        name="pause_connection",
    ),
    path(
        "sources/connections/<uuid:connection_id>/sync/",
        connections.sync_anew,
        name="sync_connection",
    ),
    path(
        "sources/connections/<uuid:connection_id>/remove/",
        connections.remove_connection,
        name="remove_connection",
    ),
    path(
        "sources/connections/<uuid:connection_id>/secret/",
        connections.exchange_connection_secret,
        name="exchange_connection_secret",
    ),
    path("sources/mappings/<uuid:mapping_id>/", mappings.mapping, name="mapping"),
    path(
        "sources/mappings/<uuid:mapping_id>/take-back/",
        mappings.take_back_mapping,
        name="take_back_mapping",
    ),
    path("sources/<uuid:source_id>/plan/", plans.plan, name="source_plan"),
    path("sources/<uuid:source_id>/plan/versions/", plans.plan_versions, name="plan_versions"),
    path("sources/<uuid:source_id>/plan/export/", plans.export_plan, name="export_plan"),
    path("sources/<uuid:source_id>/plan/modes/", plans.change_plan_modes, name="change_plan_modes"),
    path("sources/<uuid:source_id>/plan/accept/", plans.accept_plan, name="accept_plan"),
    path("sources/<uuid:source_id>/plan/event/", plans.put_plan_event, name="put_plan_event"),
    path(
        "sources/<uuid:source_id>/plan/property/", plans.put_plan_property, name="put_plan_property"
    ),
    path("sources/<uuid:source_id>/plan/remove/", plans.remove_from_plan, name="remove_from_plan"),
    path("sources/<uuid:source_id>/plan/restore/", plans.restore_plan, name="restore_plan"),
    path("sources/<uuid:source_id>/plan/import/", plans.import_plan, name="import_plan"),
    path("sources/<uuid:source_id>/drift/", plans.plan_drift, name="source_drift"),
    path("sources/<uuid:source_id>/keys/", keys.add_key, name="add_write_key"),
    path("live/", live.live_events, name="live"),
    path("live/stream/", live.live_stream, name="live_stream"),
    path("live/events/<slug:ref>/", live.live_event, name="live_event"),
    path("set-aside/", set_aside.set_aside, name="set_aside"),
    path("set-aside/replay/", set_aside.replay_set_aside, name="replay_set_aside"),
    path("set-aside/discard/", set_aside.discard_set_aside, name="discard_set_aside"),
    path("set-aside/export/", set_aside.export_set_aside, name="export_set_aside"),
    path("set-aside/<uuid:event_id>/", set_aside.mend_set_aside, name="mend_set_aside"),
    path("keys/<uuid:key_id>/exchange/", keys.exchange_key, name="exchange_write_key"),
    path("keys/<uuid:key_id>/revoke/", keys.revoke_key, name="revoke_write_key"),
    path("keys/<uuid:key_id>/origins/", keys.key_origins, name="write_key_origins"),
]
