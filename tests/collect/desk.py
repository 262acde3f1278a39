"""Somebody who imports files on the screen; what they queue is done when they wait for it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from zhiyin.accounts.models import User
from zhiyin.collect import tasks
from zhiyin.collect.models import Import

_SELECTED = re.compile(r'<option value="([^"]*)"\s+selected')


@dataclass
class Desk:
    """A signed-in person and a browser without script."""

    user: User
    client: Client = field(default_factory=Client)
    _done: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.client.force_login(self.user)
        self.client.cookies[settings.LANGUAGE_COOKIE_NAME] = self.user.locale

    def get(self, name: str, one: Import | None = None, **query: str) -> HttpResponse:
        """A page."""
        return self.client.get(_address(name, one), query)  # type: ignore[return-value]

    def page(self, name: str, one: Import | None = None, **query: str) -> str:
        """A page's text."""
        return self.get(name, one, **query).content.decode()

    def post(self, name: str, one: Import | None = None, **data: Any) -> HttpResponse:
        """A pressed button; redirects are followed."""
        return self.client.post(_address(name, one), data, follow=True)  # type: ignore[return-value]

    def upload(self, content: bytes | str, name: str = "orders.csv", mends: str = "") -> Any:
        """Choose a file and send it."""
        body = content.encode() if isinstance(content, str) else content
        query = f"?mends={mends}" if mends else ""
        sent = {"file": SimpleUploadedFile(name, body)}
        return self.client.post(reverse("new_import") + query, sent)

    def uploaded(self, content: bytes | str, name: str = "orders.csv", mends: str = "") -> Import:
        """The import that an upload made."""
        answer = self.upload(content, name, mends)
        assert answer.status_code == 302, note_of(answer)
        return Import.objects.latest("created_at")

    def map(self, one: Import, *, switch_to: str = "", **changes: str) -> HttpResponse:
        """Send the mapping form as the page proposes it, but for `changes`."""
        page = self.page("import_columns", one, **({"kind": switch_to} if switch_to else {}))
        return self.post("import_columns", one, **(_form(page) | changes))

    def checked(self, content: bytes | str, name: str = "orders.csv", **changes: str) -> Import:
        """Upload, map as proposed, check."""
        one = self.uploaded(content, name)
        self.map(one, **changes)
        self.wait()
        one.refresh_from_db()
        return one

    def loaded(self, content: bytes | str, name: str = "orders.csv", **changes: str) -> Import:
        """All the way in."""
        one = self.checked(content, name, **changes)
        assert one.state == Import.State.CHECKED, one.work and one.work.error
        self.post("load_import", one)
        self.wait()
        one.refresh_from_db()
        return one

    def wait(self) -> None:
        """Do what is queued, as the worker would."""
        for job in ProcrastinateJob.objects.filter(task_name=tasks.run_import.name).order_by("id"):
            if job.pk not in self._done:
                self._done.add(job.pk)
                tasks.run_import(**job.args)


def note_of(answer: HttpResponse) -> str:
    """What a page says in its first note of an error."""
    found = re.search(r'<div class="zy-note bad.*?</svg>(.*?)</div></div>', answer.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def _address(name: str, one: Import | None) -> str:
    return reverse(name, kwargs={"import_id": one.pk} if one else {})


def _form(page: str) -> dict[str, str]:
    """What the mapping form would send, were its button pressed."""
    form = page[page.index('id="mapping"') : page.index("</form>", page.index('id="mapping"'))]
    sent = dict(re.findall(r'<input type="hidden" name="(kind)" value="([^"]*)"', form))
    for tag in re.findall(r"<input[^>]+>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        is_box = 'type="checkbox"' in tag
        if name and name[1] != "csrfmiddlewaretoken" and (not is_box or " checked" in tag):
            sent[name[1]] = value[1] if value else ("on" if is_box else "")
    for tag, options in re.findall(r"<select([^>]+)>(.*?)</select>", form, re.DOTALL):
        name = re.search(r'name="([^"]+)"', tag)
        chosen = _SELECTED.search(options)
        assert name is not None
        sent[name[1]] = chosen[1] if chosen else ""
    return sent
