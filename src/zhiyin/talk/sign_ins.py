"""A sign-in in a browser that was never seen: told in the product and by push.

The e-mail about it is the accounts room's own, so this kind sends none.
"""

from __future__ import annotations

from django.db.models.signals import post_save
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import KnownDevice
from zhiyin.talk.emitting import notify
from zhiyin.talk.kinds import NoticeKind, Said, register


def _says(said: Said) -> str:
    if said.count > 1:
        return _plainly(said.count)
    return gettext("Your account was used in a new browser; if that was not you, act now")


def _plainly(count: int) -> str:
    return ngettext(
        "Your account was used in a new browser",
        "Your account was used in %(n)s new browsers",
        count,
    ) % {"n": count}


NEW_BROWSER = register(
    NoticeKind(
        key="account.new_browser", label=_("My account is used in a new browser"),
        icon="device-desktop", says=_says, plainly=_plainly, push=True,
        leads=lambda _detail: reverse("account"),
    )
)  # fmt: skip


@receiver(post_save, sender=KnownDevice)
def tell(sender: object, instance: KnownDevice, created: bool, **kwargs: object) -> None:
    """Tell the user, unless it is the first browser that they ever used."""
    others = KnownDevice.objects.filter(user=instance.user_id).exclude(pk=instance.pk)
    if created and others.exists():
        notify([instance.user], NEW_BROWSER)
