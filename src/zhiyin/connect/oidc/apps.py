"""The Django app; on start it tells the accounts room how a session of the provider's ends."""

from __future__ import annotations

from django.apps import AppConfig


class OidcConfig(AppConfig):
    name = "zhiyin.connect.oidc"
    label = "oidc"

    def ready(self) -> None:
        from zhiyin.accounts.sign_in_rules import register_sign_out
        from zhiyin.connect.oidc.flow import way_out

        register_sign_out(way_out)
