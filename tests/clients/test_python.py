"""The Python client is as new as the description, is typed throughout, and works with a server."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from clients.python import generate
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from tests.accounts.test_tokens import token_for
from tests.api.desk import HOSTILE, Desk
from zhiyin.customers.models import Company, Customer

sys.path.insert(0, str(generate.HERE))

from zhiyin_client import Client, errors, models
from zhiyin_client.core import Answer


def test_the_generated_files_are_as_new_as_the_description() -> None:
    for file, text in generate.rendered().items():
        assert (generate.PACKAGE / file).read_text(encoding="utf-8") == text, (
            "run `python -m clients.python.generate` and commit the files"
        )


def test_every_operation_of_the_description_is_a_method() -> None:
    description = msgspec.json.decode(generate.DESCRIPTION.read_bytes())
    named = {
        operation["operationId"]
        for operations in description["paths"].values()
        for operation in operations.values()
    }
    assert {name for name in named if not hasattr(Client, name)} == set()


def test_every_answer_can_be_read() -> None:
    structs = [one for one in vars(models).values() if isinstance(one, type)]
    answers = [one for one in structs if issubclass(one, Answer) and one is not Answer]
    assert len(answers) > 40
    for one in answers:
        msgspec.json.Decoder(one)


@pytest.mark.slow
def test_the_client_is_typed_throughout() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "zhiyin_client"],
        cwd=generate.HERE, env={"PATH": str(Path(sys.executable).parent)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    return Desk()


@pytest.fixture
def crm(desk: Desk, live_server: LiveServer) -> Client:
    """Somebody of sales, with a token, at a server that runs."""
    return Client(live_server.url, token_for(desk.sales))


class TestWithAServer:
    def test_lists_are_gone_through_page_by_page(self, desk: Desk, crm: Client) -> None:
        names = [f"{HOSTILE} {number}" for number in range(5)]
        for name in names:
            desk.customer(name=name, phone="")
        first = crm.list_customers(sort="name", limit=2, total=True)
        assert [one.name for one in first.items] == names[:2]
        assert first.total is not None and first.total.count == 5
        found = list(crm.each_customers(sort="name", limit=2, city="杭州"))
        assert [one.name for one in found] == names
        assert list(crm.each_customers(city="London")) == []

    def test_a_record_is_made_read_and_changed_as_it_was_read(self, crm: Client) -> None:
        made = crm.create_company(models.CompanyIn(name="杭州远帆", tags=["物流"]))
        assert (made.tags, made.version) == (["物流"], 1)
        read = crm.get_company(made.id)
        done = crm.change_company(made.id, models.CompanyPatch(city="杭州"), if_match=read.etag)
        assert (done.city, done.name) == ("杭州", "杭州远帆")
        with pytest.raises(errors.ChangedMeanwhile) as refused:
            crm.change_company(made.id, models.CompanyPatch(city="London"), if_match=read.etag)
        assert refused.value.status == 412
        again = crm.change_company(made.id, models.CompanyPatch(city="London"), if_match=done.etag)
        assert again.version == 3

    def test_a_choice_of_fields_leaves_the_others_out(self, desk: Desk, crm: Client) -> None:
        person = desk.customer()
        few = crm.get_customer(person.pk, fields=["name", "city"])
        assert (few.name, few.city, few.phone) == (person.name, person.city, msgspec.UNSET)

    def test_a_write_with_a_key_is_done_once(self, crm: Client) -> None:
        new = models.CustomerIn(name="李雷")
        first, second = (crm.create_customer(new, idempotency_key="a") for _ in range(2))
        assert first.id == second.id
        assert Customer.objects.count() == 1

    def test_many_rows_have_their_own_outcomes(self, crm: Client) -> None:
        outcome = crm.bulk_companies(
            models.CompanyRows(rows=[{"name": "A"}, {"name": "B", "website": "nowhere"}])
        )
        assert (outcome.done, outcome.failed) == (1, 1)
        good, bad = outcome.results
        assert good.id == Company.objects.get().pk
        assert bad.problem is not None and bad.problem.errors[0].field == "website"

    def test_a_tag_with_a_slash_is_given_and_taken_away(self, desk: Desk, crm: Client) -> None:
        person = desk.customer()
        assert crm.tag_customer(person.pk, models.TagIn(tag="新/客?")).tags == ["新/客?"]
        assert crm.untag_customer(person.pk, "新/客?").tags == []

    def test_a_file_is_attached(self, desk: Desk, crm: Client) -> None:
        person = desk.customer()
        made = crm.attach_file(
            record_type="customer", record_id=person.pk, file=('报价".txt', "一".encode())
        )
        assert made.size == 3
        (listed,) = crm.each_files(record_type="customer", record_id=person.pk)
        assert listed.id == made.id

    def test_a_refusal_is_an_exception_of_its_own(
        self, desk: Desk, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        crm = Client(live_server.url, token_for(desk.sales), language="zh-hans")
        with pytest.raises(errors.Invalid) as invalid:
            crm.create_customer(models.CustomerIn(name="A", email="no address"))
        assert set(invalid.value.fields) == {"email"}
        assert "有内容不合要求" in str(invalid.value.problem and invalid.value.problem.title)
        with pytest.raises(errors.NotFound):
            crm.get_customer(uuid4())
        narrow = Client(live_server.url, token_for(desk.sales, "customer.see"))
        with pytest.raises(errors.NotAllowed):
            narrow.create_customer(models.CustomerIn(name="A"))
        with pytest.raises(errors.NotSignedIn):
            Client(live_server.url, "zy_nothing").me()
        person = desk.customer()
        with pytest.raises(errors.InConflict):
            crm.change_customer(person.pk, models.CustomerPatch(version=9, city="London"))
        monkeypatch.setattr(settings, "API_REQUESTS_A_MINUTE", 0)
        with pytest.raises(errors.TooManyRequests) as many:
            crm.me()
        assert many.value.retry_after is not None and 0 < many.value.retry_after <= 60


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """A server that sends everybody away, and one that speaks no JSON."""

    def do_GET(self) -> None:
        self.server.asked.append(self.headers.get("Authorization"))  # type: ignore[attr-defined]
        away = self.path.endswith("/me")
        self.send_response(302 if away else 200)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        if not away:
            self.wfile.write(b"<html>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[http.server.HTTPServer]:
    server = http.server.HTTPServer(("127.0.0.1", 0), Elsewhere)
    server.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_token_follows_no_redirect_and_nonsense_is_an_error(
    elsewhere: http.server.HTTPServer,
) -> None:
    crm = Client(f"http://127.0.0.1:{elsewhere.server_port}", "zy_secret")
    with pytest.raises(errors.ApiError) as away:
        crm.me()
    assert away.value.status == 302
    assert len(elsewhere.asked) == 1  # type: ignore[attr-defined]
    with pytest.raises(errors.ApiError, match="not what the description promises"):
        crm.list_models()


def test_nobody_there_is_told_so_and_another_scheme_is_refused() -> None:
    with pytest.raises(errors.NoConnection):
        Client("http://127.0.0.1:9", "zy_x", timeout=2).me()
    for address in ("file:///etc/passwd", "crm.example.com", "https://"):
        with pytest.raises(ValueError, match="begins with"):
            Client(address, "zy_x")
