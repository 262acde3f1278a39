"""How the permission matrix fills the arguments of an address, and which addresses are open to all.

A new route with arguments adds one line to CASES: a function that makes a row which belongs to
`world.owner` (a user) and says how to address it. With `row`, the test also knows from the policy
for whom that row lies out of reach. A new open route adds its name to PUBLIC, and a reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db.models import Model
from django.utils import timezone

from zhiyin.accounts.models import (
    AccessToken,
    Delegation,
    Department,
    Share,
    Territory,
    User,
    Work,
)
from zhiyin.collect import services as collect
from zhiyin.collect.models import Connection, Event, SetAside, Source, WriteKey
from zhiyin.connect.models import Delivery, Endpoint, HostRule, Occurrence
from zhiyin.customers.identities.deciding import claim, merge
from zhiyin.customers.models import (
    Company,
    Customer,
    Group,
    GroupMember,
    Identifier,
    Segment,
    TagRule,
)
from zhiyin.engage.models import Campaign, Message
from zhiyin.files.models import Content, File
from zhiyin.govern.models import Erasure
from zhiyin.ids import uuid7
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.models import BulkChange, SavedView
from zhiyin.quality.models import QualityRule
from zhiyin.talk.models import Comment, Notice


@dataclass(frozen=True)
class World:
    """Two departments, and whose row is asked for."""

    department: Department
    other_department: Department
    owner: User


@dataclass(frozen=True)
class Case:
    """Arguments of an address, and the row that they lead to."""

    kwargs: dict[str, str | int | UUID] = field(default_factory=dict)
    row: Model | None = None
    body: dict[str, object] | None = None  # JSON, for an endpoint that reads some before it looks


def _work(world: World) -> Case:
    work = Work.objects.create(kind="import", title_zh="导入", title_en="Import", owner=world.owner)
    return Case({"work_id": work.pk}, work)


def _user(world: World) -> Case:
    return Case({"user_id": world.owner.pk}, world.owner)


def _delegation(world: World) -> Case:
    now = timezone.now()
    receiver = User.objects.exclude(pk=world.owner.pk).order_by("id")[0]
    made = Delegation.objects.create(
        giver=world.owner, receiver=receiver, starts_at=now, ends_at=now + timedelta(days=1),
        reason="x", by=world.owner,
    )  # fmt: skip
    return Case({"delegation_id": made.pk})


def _territory(world: World) -> Case:
    names = {"name_zh": str(world.owner.pk), "name_en": str(world.owner.pk)}
    return Case({"territory_id": Territory.objects.get_or_create(**names)[0].pk})


def _share(world: World) -> Case:
    """A customer whom their owner shared with the department."""
    case = _customer(world)
    assert case.row is not None
    made = Share.objects.create(
        resource="customer", row_id=case.row.pk, department=world.other_department, actions=["see"],
        reason="x", by=world.owner,
    )  # fmt: skip
    return Case({**case.kwargs, "share_id": made.pk}, case.row)


def _department(world: World) -> Case:
    return Case({"department_id": world.department.pk})


def _import(world: World) -> Case:
    """An import that was checked, with one row that can be loaded and one rejected."""
    content = b"order,date,sku,quantity,price\n1,2026-01-01,A,1,2\n2,never,A,1,2\n"
    made = collect.begin([content], file_name="orders.csv", by=world.owner)
    return Case({"import_id": made.pk}, collect.check(made, by=world.owner))


def _erasure(world: World) -> Case:
    made = Erasure.objects.create(
        at=timezone.now(), by=world.owner, reason="asked", customers=1, state="done"
    )
    return Case({"erasure_id": made.pk})


def _related(world: World) -> Case:
    """A customer of a household of two."""
    case, other = _customer(world), _customer(world)
    assert case.row is not None
    group = Group.objects.create()
    for one in (case.row, other.row):
        member = GroupMember.objects.create(group=group, customer=one)
    return Case({**case.kwargs, "member_id": member.pk}, case.row)


def _tag_rule(world: World) -> Case:
    made = TagRule.objects.create(tag="x", basis="model", model="churn", least=1, by=world.owner)
    return Case({"rule_id": made.pk})


def _quality_rule(world: World) -> Case:
    made = QualityRule.objects.create(
        object="customer", field="city", dimension="validity",
        definition={"type": "allowed", "field": "city", "values": [str(uuid7())]},
    )  # fmt: skip
    return Case({"rule_id": made.pk})


def _campaign(world: World) -> Case:
    made = Campaign.objects.create(name="Win back", owner=world.owner)
    return Case({"campaign_id": made.pk}, made)


def _message(world: World) -> Case:
    who = Customer.objects.create(
        name="林静姝", email="lin@example.com", owner=world.owner, department=world.department
    )
    made = Message.objects.create(
        customer=who, address=who.email, language="zh", subject="好久不见", body="您好",
        created_at=timezone.now(),
    )  # fmt: skip
    return Case({"message_id": made.pk})


def _my_task(world: World) -> Case:
    from zhiyin.customers.models import Customer, Task

    customer = Customer.objects.create(owner=world.owner, department=world.owner.department)
    task = Task.objects.create(
        customer=customer, title="x", owner=world.owner, created_by=world.owner
    )
    return Case({"task_id": task.pk}, task)


def _customer(world: World) -> Case:
    made = Customer.objects.create(
        name="林静姝", phone="+8613800136207", owner=world.owner, department=world.owner.department
    )
    return Case({"customer_id": made.pk}, made)


def _file(world: World) -> Case:
    """A file on the owner's customer; for whom that is out of reach: tests/files."""
    content = Content.objects.get_or_create(
        sha256="0" * 64, defaults={"size": 1, "place": "nowhere", "kind": "text"}
    )[0]
    on = _customer(world).kwargs["customer_id"]
    made = File.objects.create(
        record_type="customer", record_id=on, content=content, name="a.txt", by=world.owner
    )
    return Case({"file_id": made.pk})


def _record_files(world: World) -> Case:
    return Case({"record_type": "customer", "record_id": _customer(world).kwargs["customer_id"]})


def _row(world: World) -> Case:
    """A customer under the name by which the objects room calls it."""
    made = _customer(world)
    assert made.row is not None
    return Case({"row_id": made.row.pk}, made.row)


def _company_share(world: World) -> Case:
    """A company that its owner shared with the department."""
    case = _company(world)
    assert case.row is not None
    made = Share.objects.create(
        resource="company", row_id=case.row.pk, department=world.other_department, actions=["see"],
        reason="x", by=world.owner,
    )  # fmt: skip
    return Case({**case.kwargs, "share_id": made.pk}, case.row)


def _cell(world: World) -> Case:
    made = _row(world)
    return Case({**made.kwargs, "key": "city"}, made.row)


def _company(world: World) -> Case:
    made = Company.objects.create(
        name="深圳远帆物流", owner=world.owner, department=world.owner.department
    )
    return Case({"company_id": made.pk}, made)


def _company_row(world: World) -> Case:
    made = _company(world)
    assert made.row is not None
    return Case({"row_id": made.row.pk}, made.row)


def _company_cell(world: World) -> Case:
    made = _company_row(world)
    return Case({**made.kwargs, "key": "city"}, made.row)


def _bulk(object_type: str) -> Callable[[World], Case]:
    def made(world: World) -> Case:
        change = BulkChange.objects.create(
            object_type=object_type, field="city", text="Bath", owner=world.owner
        )
        return Case({"change_id": change.pk})  # of whom made it alone

    return made


def _comment(world: World) -> Case:
    on = _customer(world).kwargs["customer_id"]
    made = Comment.objects.create(record_type="customer", record_id=on, by=world.owner, text="look")
    return Case({"comment_id": made.pk}, made)


def _api_comment(world: World) -> Case:
    case = _comment(world)
    return Case(case.kwargs, case.row, {"text": "look again"})


def _notice(world: World) -> Case:
    made = Notice.objects.create(user=world.owner, kind="model.trained")
    return Case({"notice_id": made.pk})


def _fact(field: str) -> Callable[[World], Case]:
    def case(world: World) -> Case:
        found = _customer(world)
        return Case({**found.kwargs, "field": field}, found.row)

    return case


def _webhook(world: World) -> Case:
    made = Endpoint.objects.create(
        url="https://hooks.example.com/", types=["customer.updated"], owner=world.owner,
        secret=b"sealed",
    )  # fmt: skip
    return Case({"webhook_id": made.pk}, made)


def _api_webhook(world: World) -> Case:
    case = _webhook(world)
    return Case(case.kwargs, case.row, {"description": "x"})


def _api_webhook_period(world: World) -> Case:
    case = _webhook(world)
    period = {"since": "2026-11-24T00:00:00Z", "until": "2026-11-25T00:00:00Z"}
    return Case(case.kwargs, case.row, period)


def _webhook_delivery(world: World) -> Case:
    """A delivery; for whom its endpoint is out of reach: tests/connect."""
    said = Occurrence.objects.create(type="webhook.test", at=timezone.now())
    hook, now = Endpoint.objects.get(pk=_webhook(world).kwargs["webhook_id"]), timezone.now()
    made = Delivery.objects.create(endpoint=hook, occurrence=said, due_at=now, created_at=now)
    return Case({"delivery_id": made.pk})


def _webhook_host(world: World) -> Case:
    made = HostRule.objects.get_or_create(
        kind="deny", pattern="x.example", defaults={"by": world.owner, "at": timezone.now()}
    )[0]
    return Case({"rule_id": made.pk})


def _view(world: World) -> Case:
    made = SavedView.objects.create(name="x", owner=world.owner, object_type="customer")
    return Case({"view_id": made.pk}, made)


def _api_customer(world: World) -> Case:
    """Asked by the API: a tag and a change that could both be carried out."""
    customer = Customer.objects.create(owner=world.owner, department=world.owner.department)
    return Case({"customer_id": customer.pk}, customer, {"tag": "VIP"})


def _known(world: World) -> tuple[Customer, list[Identifier]]:
    """A customer with two identifiers."""
    made = _customer(world).row
    assert isinstance(made, Customer)
    for value in ("N1", "N2"):
        claim(made, "card", made.pk.hex[:20], value, None, by=world.owner)
    return made, list(Identifier.objects.filter(customer=made).order_by("number"))


def _api_merge(world: World) -> Case:
    (one, _), (two, _) = _known(world), _known(world)
    return Case({"customer_id": one.pk}, one, {"others": [str(two.pk)]})


def _api_apart(world: World) -> Case:
    (one, _), (two, _) = _known(world), _known(world)
    return Case({"customer_id": one.pk}, one, {"other": str(two.pk)})


def _api_split(world: World) -> Case:
    one, identifiers = _known(world)
    return Case({"customer_id": one.pk}, one, {"identifiers": [str(identifiers[1].pk)]})


def _decision(world: World) -> Case:
    """Two of the owner's customers are one person; who may say so may take it back."""
    (one, _), (two, _) = _known(world), _known(world)
    return Case({"decision": merge([one.pk, two.pk], by=world.owner).id}, one)


def _api_tagged(world: World) -> Case:
    made = _api_customer(world)
    return Case({**made.kwargs, "tag": "VIP"}, made.row)


def _api_customer_change(world: World) -> Case:
    case = _api_customer(world)
    return Case(case.kwargs, case.row, {"version": 1, "city": "London"})


def _api_look(world: World) -> Case:
    case = _api_customer(world)
    return Case(case.kwargs, case.row, {"field": "phone", "reason": "x"})


def _look(world: World) -> Case:
    case = _api_customer(world)
    return Case({**case.kwargs, "ticket": "no-such-ticket"}, case.row)


def _api_new(body: dict[str, object]) -> Callable[[World], Case]:
    """Something to write down about a customer."""

    def case(world: World) -> Case:
        made = _api_customer(world)
        return Case(made.kwargs, made.row, body)

    return case


def _api_company_change(world: World) -> Case:
    made = _company(world)
    return Case(made.kwargs, made.row, {"version": 1, "city": "London"})


def _api_company_customer(world: World) -> Case:
    """A customer who belongs to a company of the same owner."""
    company, made = _company(world).row, _api_customer(world)
    assert isinstance(company, Company) and isinstance(made.row, Customer)
    made.row.company = company
    made.row.save()
    return Case({**made.kwargs, "company_id": company.pk}, made.row, {"job_title": "Buyer"})


def _api_task(world: World) -> Case:
    made = _my_task(world)
    return Case(made.kwargs, made.row, {"done": True})


def _api_view(world: World) -> Case:
    made = _view(world)
    return Case(made.kwargs, made.row, {"sort": "name"})


def _api_segment(world: World) -> Case:
    rule = {"root": {"type": "group", "match": "all", "items": []}, "version": 1}
    made = Segment.objects.create(name="x", tree=rule, owner=world.owner)
    return Case({"segment_id": made.pk})


def _service_account(world: World) -> Case:
    made = User.objects.create(
        kind="service", email=f"service-{uuid7().hex}@zhiyin.invalid", name="ERP",
        roles=["read_only"], password="!",
    )  # fmt: skip
    return Case({"user_id": made.pk})


def _token_of(user: User, by: User) -> Case:
    made = AccessToken.objects.create(
        user=user, created_by=by, name="x", prefix=uuid7().hex[-16:], digest=b"", scopes=["read"],
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    return Case({"token_id": made.pk})


def _service_token(world: World) -> Case:
    account = User.objects.get(pk=_service_account(world).kwargs["user_id"])
    return _token_of(account, world.owner)


def _custom(**more: str) -> Callable[[World], Case]:
    """An address of the settings of custom fields; the field is there already."""

    def case(world: World) -> Case:
        CustomField.objects.get_or_create(
            object_type="customer", key="c_points",
            defaults={"label_zh": "积分", "label_en": "Points", "type": "text"},
        )  # fmt: skip
        return Case({"object_name": "customer", **more})

    return case


def _source(world: World) -> Case:
    made = Source.objects.create(key=f"s{uuid7().hex}", name_zh="x", name_en="x", kind="web")
    return Case({"source_id": made.pk})


def _api_plan(world: World) -> Case:
    source = Source.objects.get(pk=_source(world).kwargs["source_id"])
    return Case({"source_key": source.key}, body={"events": {"Viewed": {}}})


def _set_aside(world: World) -> Case:
    source = Source.objects.get(pk=_source(world).kwargs["source_id"])
    made = SetAside.objects.create(
        id=uuid7(), source=source, received_at=timezone.now(), kind="track", reason="no_id",
        message="{}",
    )  # fmt: skip
    return Case({"event_id": made.pk})


def _event(world: World) -> Case:
    """An event of nobody, whom those who see all customers see."""
    source = Source.objects.get(pk=_source(world).kwargs["source_id"])
    now = timezone.now()
    made = Event.objects.create(event_id=uuid7(), name="x", at=now, received_at=now, source=source)
    return Case({"ref": f"e-{made.pk}"})


def _connection(world: World) -> Case:
    source = Source.objects.get(pk=_source(world).kwargs["source_id"])
    made = Connection.objects.create(
        source=source, kind="folder", name="x", where={"folder": "/nowhere", "pattern": "*"},
        next_at=timezone.now(), owner=world.owner,
    )  # fmt: skip
    return Case({"connection_id": made.pk})


def _hook_in(world: World) -> Case:
    source = Source.objects.get(pk=_source(world).kwargs["source_id"])
    made = Connection.objects.create(
        source=source, kind="webhook", name="x", where={"signed": "shopify"},
        next_at=timezone.now(), owner=world.owner,
    )  # fmt: skip
    return Case({"connection_id": made.pk})


def _mapping(world: World) -> Case:
    from zhiyin.cleaning.fields import Kind
    from zhiyin.cleaning.mapping import Mapping
    from zhiyin.collect import mappings

    plain = Mapping(kind=Kind.CUSTOMERS, columns={"id": "customer_ref"})
    return Case({"mapping_id": mappings.remember(str(uuid7()), plain, [], by=world.owner).pk})


def _write_key(world: World) -> Case:
    source = Source.objects.get(pk=_source(world).kwargs["source_id"])
    return Case({"key_id": WriteKey.objects.create(source=source).pk})


CASES: dict[str, Callable[[World], Case]] = {
    # objects.custom
    "custom_fields": _custom(),
    "new_custom_field": _custom(),
    "preview_custom_field": _custom(),
    "order_custom_fields": _custom(),
    "custom_layout": _custom(),
    "custom_field": _custom(key="c_points"),
    "built_in_field": _custom(key="city"),
    "retire_custom_field": _custom(key="c_points"),
    "convert_custom_field": _custom(key="c_points"),
    # accounts
    "user": _user,
    "deactivate_user": _user,
    "activate_user": _user,
    "reset_user_password": _user,
    "end_user_sessions": _user,
    "end_session": lambda world: Case({"session_id": world.owner.pk}),
    "department": _department,
    "remove_department": _department,
    "revoke_token": lambda world: _token_of(world.owner, world.owner),
    "service_account": _service_account,
    "open_service_account": _service_account,
    "new_service_token": _service_account,
    "revoke_service_token": _service_token,
    "end_delegation": _delegation,
    "territory": _territory,
    "remove_territory": _territory,
    "work": _work,
    "cancel_work": _work,
    # collect
    "import": _import,
    "import_columns": _import,
    "check_import": _import,
    "load_import": _import,
    "undo_import": _import,
    "cancel_import": _import,
    "import_progress": _import,
    "import_rejects": _import,
    "live_event": _event,
    "mend_set_aside": _set_aside,
    "source": _source,
    "change_source": _source,
    "switch_source": _source,
    "add_write_key": _source,
    "choose_connection": _source,
    "new_connection": lambda world: Case({**_source(world).kwargs, "kind": "folder"}),
    "connection": _connection,
    "change_connection": _connection,
    "read_connection": _connection,
    "pause_connection": _connection,
    "sync_connection": _connection,
    "remove_connection": _connection,
    "exchange_connection_secret": _hook_in,
    "mapping": _mapping,
    "take_back_mapping": _mapping,
    "source_plan": _source,
    "plan_versions": _source,
    "export_plan": _source,
    "change_plan_modes": _source,
    "accept_plan": _source,
    "put_plan_event": _source,
    "put_plan_property": _source,
    "remove_from_plan": _source,
    "restore_plan": _source,
    "import_plan": _source,
    "source_drift": _source,
    "exchange_write_key": _write_key,
    "revoke_write_key": _write_key,
    "write_key_origins": _write_key,
    # the policy
    "permission": lambda world: Case({"resource": "customer", "role": "sales"}),
    "draft_earlier_policy": lambda world: Case({"number": 0}),
    "go_back_policy": lambda world: Case({"number": 0}),
    # customers
    "customer": _customer,
    "customer_drawer": _row,
    "customer_walk": _row,
    "customer_cell": _cell,
    "edit_customer": _row,
    "customer_change": _bulk("customer"),
    "undo_customer_change": _bulk("customer"),
    "company": _company_row,
    "company_drawer": _company_row,
    "company_walk": _company_row,
    "company_cell": _company_cell,
    "edit_company": _company_row,
    "company_change": _bulk("company"),
    "undo_company_change": _bulk("company"),
    # whose row is changed stands in the body: the person, not the company
    "link_company_person": lambda world: Case(_company(world).kwargs),
    "unlink_company_person": lambda world: Case(_company(world).kwargs),
    "keep_view": lambda world: Case({"object_type": "customer"}),
    "customer_access": _customer,
    "end_customer_share": _share,
    "company_access": _company,
    "end_company_share": _company_share,
    # govern; whose customers they were is not known any more
    "erasure": _erasure,
    "erasure_receipt": _erasure,
    "cancel_erasure": _erasure,
    "erase_customer": lambda world: Case(_customer(world).kwargs),
    "customer_older": _customer,
    "customer_lake": _customer,
    "customer_fact": _fact("city"),
    "customer_values": _fact("city"),
    "relate_customer": _customer,
    "unrelate_customer": _related,
    "remove_tag_rule": _tag_rule,
    "reveal_customer": _fact("phone"),
    "customer_look": _look,
    "tag_customer": _customer,
    "customer_identity": _customer,
    "split_customer": _customer,
    "merge_customers": _customer,
    "undo_identity": _decision,
    "note_customer": _customer,
    "new_task": lambda world: Case(_customer(world).kwargs),  # the task will be one's own
    "finish_task": _my_task,
    "untag_customers": lambda world: Case({"batch": world.owner.pk}),
    "change_view": _view,
    "drop_view": _view,
    # files
    "record_files": _record_files,
    "file": _file,
    "download_file": _file,
    "file_picture": lambda world: Case({**_file(world).kwargs, "size": "small"}),
    "delete_file": _file,
    "restore_file": _file,
    "file_bytes": lambda world: Case({"token": "no-such-token"}),
    "file_by_ticket": lambda world: Case({"ticket": world.owner.pk}),
    "api:file": _file,
    "api:link_file": _file,
    "api:restore_file": _file,
    # talk
    "record_comments": _record_files,
    "comment_whom": _record_files,
    "comment": _comment,
    "delete_comment": _comment,
    "restore_comment": _comment,
    "follow_notice": _notice,
    "api:comment": _api_comment,
    "api:restore_comment": _api_comment,
    "remove_push_device": lambda world: Case({"device_id": world.owner.pk}),  # one's own alone
    # from outside
    "mfa_remove_webauthn": lambda world: Case({"pk": 1}),
    "mfa_edit_webauthn": lambda world: Case({"pk": 1}),
    # engage
    "campaign": _campaign,
    "check_campaign": _campaign,
    "launch_campaign": _campaign,
    "cancel_campaign": _campaign,
    "resume_campaign": _campaign,
    "delete_campaign": _campaign,
    "campaign_people": _campaign,
    "message": _message,
    "message_html": _message,
    "arrive": _hook_in,
    "arrive_by_secret": lambda world: Case({**_hook_in(world).kwargs, "token": "no-such"}),
    "unsubscribe": lambda world: Case({"token": "no-such-token"}),
    # the API
    "api:customer": _api_customer_change,
    "api:tag_customer": _api_customer,
    "api:identity": _customer,
    "api:merge_customers": _api_merge,
    "api:split_customer": _api_split,
    "api:keep_apart": _api_apart,
    "api:undo_decision": _decision,
    "api:untag_customer": _api_tagged,
    "api:open_look": _api_look,
    "api:read_look": _look,
    "api:customer_timeline": _api_customer,
    "api:customer_orders": _api_customer,
    "api:customer_scores": _api_customer,
    "api:customer_notes": _api_new({"text": "x"}),
    "api:task": _api_task,
    "api:view": _api_view,
    "api:company": _api_company_change,
    "api:company_customers": _company,
    "api:company_customer": _api_company_customer,
    "api:restore_segment": _api_segment,
    "api:segment": _api_segment,
    "api:segment_customers": _api_segment,
    "api:one_import": _import,
    "api:source_plan": _api_plan,
    "api:learnt": _api_plan,
    "api:drifted": _api_plan,
    "api:campaign_result": _campaign,
    # segments and models
    "segment": _api_segment,
    "archive_segment": _api_segment,
    "bring_back_segment": _api_segment,
    "compute_segment": _api_segment,
    "model": lambda world: Case({"name": "churn"}),
    "approve_model": lambda world: Case({"name": "churn"}),
    "withdraw_approval": lambda world: Case({"name": "churn"}),
    # webhooks
    "webhook": _webhook,
    "change_webhook": _webhook,
    "switch_webhook": _webhook,
    "rotate_webhook": _webhook,
    "delete_webhook": _webhook,
    "test_webhook": _webhook,
    "replay_webhook": _webhook,
    "webhook_delivery": _webhook_delivery,
    "replay_delivery": _webhook_delivery,
    "drop_webhook_host": _webhook_host,
    "api:webhook": _api_webhook,
    "api:change_webhook": _api_webhook,
    "api:delete_webhook": _api_webhook,
    "api:rotate_webhook_secret": _webhook,
    "api:test_webhook": _webhook,
    "api:webhook_deliveries": _webhook,
    "api:replay_webhook": _api_webhook_period,
    "api:replay_webhook_delivery": _webhook_delivery,
    # quality
    "quality_rule": _quality_rule,
    "export_quality_rows": _quality_rule,
    "change_quality_rule": _quality_rule,
    "switch_quality_rule": _quality_rule,
    "remove_quality_rule": _quality_rule,
    # console
    "setup_step": lambda world: Case({"step": "company"}),
    "help_term": lambda world: Case({"term": "churn_risk"}),
    # monitor
    "finish_my_task": _my_task,
    "reopen_my_task": _my_task,
}

PUBLIC: dict[str, str] = {
    "account_login": "nobody is signed in yet",
    "account_logout": "signing out twice is no error",
    "account_inactive": "says that an account is closed",
    "mfa_authenticate": "the second step of a sign-in",
    "mfa_login_webauthn": "the first step with a passkey",
    "oidc_start": "the sign-in by the company's provider begins before anybody is known",
    "oidc_callback": "the provider's answer says who it is",
    "oidc_logged_out": "the provider's own signed word ends sessions",
    "oidc_leave": "after the sign-out nobody is signed in",
    "entry_worker": "a script without anybody's data; browsers fetch it whoever is signed in",
    "arrive": "whoever sends to a webhook has no account; a signature or a token proves them",
    "arrive_by_secret": "the same, for senders that can only be given an address",
    "unsubscribe": "the reader of a message has no account; the address holds a signed token",
    "push_worker": "a script without anybody's data; browsers fetch it whoever is signed in",
    "file_by_ticket": "on the files' own origin nobody is signed in; a ticket is good once",
    "health": "asked by whatever watches the server",
    "language": "the sign-in page has the switch too",
    "theme": "the sign-in page has the switch too",
}
