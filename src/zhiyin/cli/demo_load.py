"""Loading the demo: the real orders, moved to the present, and the simulated channels around them.

Everything goes the way that a user's own files go, through imports and services, so the demo is
also the first proof that the road holds. Nothing here is known to the rest of the product but
`demo.json`, from which the banner says what is real.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhiyin.cli.output import Failure, Output
from zhiyin.cli.users import system_user
from zhiyin.cli.words import t
from zhiyin.demo import DEMO_SEED, Simulation, shift_orders, shift_weeks, simulate

if TYPE_CHECKING:
    from zhiyin.accounts.models import Department, User

DEPARTMENTS = (
    ("east", "华东", "East China"), ("south", "华南", "South China"),
    ("north", "华北", "North China"), ("west", "西部", "West China"),
    ("uk", "英国", "United Kingdom"), ("overseas", "海外", "Overseas"),
)  # fmt: skip
PEOPLE = (
    ("admin@example.com", "周牧云", "administrator", None),
    ("manager@example.com", "许衡", "manager", "east"),
    ("marketer@example.com", "何嘉怡", "marketer", None),
    ("sales@example.com", "沈以宁", "sales", "uk"),
    ("service@example.com", "林知夏", "service", "east"),
    ("analyst@example.com", "顾明远", "analyst", None),
    ("dpo@example.com", "陆清和", "dpo", None),
    ("reader@example.com", "Amelia Clarke", "read_only", "uk"),
)
SOURCES = (
    ("online-retail", "网店订单", "Online shop orders", "shop", False, 1440),
    ("profiles", "客户资料", "Customer profiles", "file", True, 1440),
    ("till", "门店收银", "Till receipts", "till", True, 1440),
    ("members", "门店会员", "Till members", "till", True, 10080),
    ("site-app", "网站与 App", "Site and app", "web", True, 1440),
    ("reviews", "商品评价", "Product reviews", "service", True, 10080),
    ("service", "客服会话", "Service messages", "service", True, 1440),
    ("added-orders", "模拟加单", "Simulated added orders", "shop", True, None),
)


def examples() -> Path:
    """Where the shipped example data lie: in the package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for place in (package / "examples", package.parents[1] / "examples"):
        if (place / "online_retail" / "online_retail.parquet").exists():
            return place
    raise Failure(
        t(
            "找不到演示数据 examples/online_retail。",
            "The demo data examples/online_retail are missing.",
        )
    )


@cache
def _orders(now: datetime) -> tuple[pa.Table, timedelta]:
    """The real orders in whole weeks moved to the present, and by how much."""
    table = pq.read_table(examples() / "online_retail" / "online_retail.parquet")
    last = pc.max(table["InvoiceDate"]).as_py().replace(tzinfo=UTC)
    by = shift_weeks(last, now)
    return shift_orders(table, by), by


_moved: dict[str, int] = {}


def facts() -> dict[str, object]:
    """What the banner says: how far the orders were moved, and the seed of what is simulated."""
    return {"weeks": _moved["weeks"], "seed": DEMO_SEED}


def load(output: Output) -> list[dict[str, str]]:
    """Load everything; returns the generated sign-ins."""
    now = datetime.now(UTC)
    output.say(t("[1/6] 部门与使用者", "[1/6] departments and users"))
    departments = _departments()
    sign_ins = _users(departments)
    _sources()
    output.say(t("[2/6] 模拟客户资料与渠道", "[2/6] simulating profiles and channels"))
    orders, by = _orders(now)
    _moved["weeks"] = by.days // 7
    world = simulate(orders, seed=DEMO_SEED, now=now)
    output.say(
        t("[3/6] 导入真实订单与模拟渠道", "[3/6] importing real orders and simulated channels")
    )
    with tempfile.TemporaryDirectory() as folder:
        _import_all(Path(folder), orders, world, departments, output)
    _share_out(departments)
    _companies(world, departments, output)
    output.say(t("[4/6] 计算特征、回测、评分", "[4/6] features, backtests, scores"))
    _train(output)
    output.say(t("[5/6] 分群与视图", "[5/6] segments and views"))
    _segments()
    _tasks(now)
    output.say(t("[6/6] 已结束的召回活动", "[6/6] the finished win-back campaign"))
    _campaign(world)
    return sign_ins


def _departments() -> dict[str, Department]:
    from zhiyin.accounts.departments import create_department

    root = create_department(by=None, name_zh="云岭礼品", name_en="Yunling Gifts")
    return {
        code: create_department(by=None, name_zh=zh, name_en=en, parent=root)
        for code, zh, en in DEPARTMENTS
    }


def _users(departments: dict[str, Department]) -> list[dict[str, str]]:
    from zhiyin.accounts.roles import Role
    from zhiyin.accounts.services import create_user

    made = []
    for email, name, role, department in PEOPLE:
        new = create_user(
            by=None, email=email, name=name, roles=[Role(role)],
            department=departments.get(department) if department else None,
        )  # fmt: skip
        made.append({"email": email, "role": role, "password": new.password})
    return made


def _sources() -> None:
    from zhiyin.collect.models import Source

    for key, zh, en, kind, simulated, promise in SOURCES:
        Source.objects.create(
            key=key, name_zh=zh, name_en=en, kind=kind, simulated=simulated, promise_minutes=promise
        )


def _import_all(
    folder: Path, orders: pa.Table, world: Simulation, departments: dict[str, Department],
    output: Output,
) -> None:  # fmt: skip
    names = {code: department.name_en for code, department in departments.items()}
    profiles = world.profiles
    place = profiles.schema.get_field_index("Department")
    named = pa.array([names.get(code, code) for code in profiles["Department"].to_pylist()])
    profiles = profiles.set_column(place, "Department", named)
    files = (
        ("profiles", "customers", "profiles", profiles),
        ("members", "customers", "members", world.members),
        ("online_retail", "orders", "online-retail", orders),
        ("added_orders", "orders", "added-orders", world.campaign_orders),
        ("receipts", "orders", "till", world.receipts),
        ("events", "events", "site-app", _renamed(world.events, {"Message": "Message id"})),
        ("reviews", "events", "reviews", _named(world.reviews, "Product Reviewed", "Written at")),
        ("service_messages", "events", "service", _messages(world)),
    )
    for name, kind, source, table in files:
        path = folder / f"{name}.parquet"
        pq.write_table(table.drop_columns(_marks(table)), path, compression="zstd")
        _import_one(path, kind, source, output)


def _marks(table: pa.Table) -> list[str]:
    return [name for name in ("Simulated",) if name in table.column_names]


def _renamed(table: pa.Table, names: dict[str, str]) -> pa.Table:
    """The table with some columns under the names that imports know."""
    return table.rename_columns([names.get(name, name) for name in table.column_names])


def _named(table: pa.Table, event: str, at: str) -> pa.Table:
    """A table of one kind of thing in the layout of events."""
    return _renamed(table, {at: "Time"}).append_column("Event", pa.array([event] * table.num_rows))


def _messages(world: Simulation) -> pa.Table:
    """Service messages with the customer of their ticket; what we wrote and what they wrote."""
    tickets = world.tickets.select(["Ticket", "Customer", "Channel", "Kind"])
    joined = world.messages.join(tickets, "Ticket").sort_by(
        [("Sent at", "ascending"), ("Ticket", "ascending")]
    )
    names = pc.if_else(pc.equal(joined["From"], "customer"), "Message Received", "Message Sent")
    return _renamed(joined, {"Sent at": "Time"}).append_column("Event", names)


def _import_one(path: Path, kind: str, source: str, output: Output) -> None:
    from zhiyin.cleaning.fields import Kind
    from zhiyin.cleaning.mapping import guess_mapping
    from zhiyin.collect import files, services

    by = system_user()
    one = services.begin(files.read_chunks(path), file_name=path.name, by=by)
    mapping = guess_mapping(
        services.look_at(one), Kind(kind), source=source, currency="GBP", timezone="UTC"
    )
    services.map_columns(one, mapping, by=by)
    services.check(one, by=by)
    services.load(one, by=by)
    output.say(
        t(f"    {path.stem}：{one.loaded:,} 行，拒绝 {one.rejected:,}",
          f"    {path.stem}: {one.loaded:,} rows, {one.rejected:,} rejected")
    )  # fmt: skip


def _share_out(departments: dict[str, Department]) -> None:
    """The customers of a salesperson's department are theirs, so that "mine" means something."""
    from zhiyin.accounts.models import User
    from zhiyin.accounts.roles import Role
    from zhiyin.customers.models import Customer

    for user in User.objects.filter(roles__contains=[Role.SALES], department__isnull=False):
        mine = Customer.objects.filter(department=user.department).order_by("number")
        ids = list(mine.values_list("id", flat=True))[::2]
        Customer.objects.filter(id__in=ids).update(owner=user)


def _companies(world: Simulation, departments: dict[str, Department], output: Output) -> None:
    """Companies with their people; each belongs to the salesperson of its department, if any."""
    from zhiyin.accounts.models import User
    from zhiyin.accounts.roles import Role
    from zhiyin.customers.models import Company
    from zhiyin.customers.services.companies import settle

    sellers = {one.department_id: one for one in User.objects.filter(roles__contains=[Role.SALES])}
    found = []
    for row in world.companies.to_pylist():
        department = departments.get(row["Department"])
        owner = sellers.get(department.pk) if department else None
        found.append(
            Company(
                number=row["Number"], name=row["Name"], industry=row["Industry"], size=row["Size"],
                country=row["Country"] or "", province=row["Province"] or "",
                city=row["City"] or "", simulated=True, department=department, owner=owner,
            )
        )  # fmt: skip
    people = {
        row["Customer"]: (row["Number"], row["Job title"])
        for row in world.company_people.to_pylist()
    }
    placed = settle(found, people, by=None)
    output.say(
        t(f"    模拟公司：{len(found):,} 家，{placed:,} 位客户为它们采购",
          f"    simulated companies: {len(found):,}, for which {placed:,} customers buy")
    )  # fmt: skip


def _train(output: Output) -> None:
    from zhiyin.customers import training

    training.train(by=system_user(), progress=output.progress)


def _segments() -> None:
    from zhiyin.customers import segmentation
    from zhiyin.customers.models import Segment
    from zhiyin.objects.models import SavedView
    from zhiyin.segments import Agreed, FieldIs, Group, Match, Op, Rule

    owner = _user("marketer@example.com")
    rules = {
        "高价值走远": Group(Match.ALL, (
            FieldIs("rfm_segment", Op.ONE_OF, ("at_risk_high_value", "at_risk")),
            FieldIs("churn_risk", Op.AT_LEAST, 0.35),
            Agreed("email", "marketing"),
        )),
        "铂金与黄金会员": Group(Match.ALL, (FieldIs("tier", Op.ONE_OF, ("platinum", "gold")),)),
        "近 30 天新客": Group(Match.ALL, (FieldIs("first_order_at", Op.WITHIN_LAST, 30),)),
    }  # fmt: skip
    for name, group in rules.items():
        segment = Segment(name=name, owner=owner)
        segmentation.save(segment, Rule(group), by=owner)
    SavedView.objects.get_or_create(
        name="高流失风险", owner=owner, object_type="customer", defaults={"shared": True, "pinned": True,
        "filters": {"risk": "50"}, "sort": "-value_12m"},
    )  # fmt: skip


def _tasks(now: datetime) -> None:
    """A few things to do for the people who most need it, so that nobody's day is empty."""
    from zhiyin.customers.models import Customer
    from zhiyin.customers.services.tasks import add_task

    leaving = Customer.objects.filter(rfm_segment="at_risk_high_value").order_by("-value_12m", "id")
    mine = leaving.filter(owner=_user("sales@example.com"))
    plans = (
        ("admin@example.com", leaving[:3], "电话回访，问问最近的体验"),
        ("sales@example.com", mine[:4], "致电回访 Call back"),
        ("manager@example.com", leaving[3:5], "看看这位客户为什么走远"),
    )
    for email, people, title in plans:
        owner = _user(email)
        for place, customer in enumerate(people):
            due = (now + timedelta(days=place - 1)).date()
            add_task(customer, title, by=_user("admin@example.com"), owner=owner, due=due)


def _campaign(world: Simulation) -> None:
    from zhiyin.engage.history import load_finished_campaign

    load_finished_campaign(
        world.campaigns, world.campaign_assignment, world.campaign_excluded,
        world.campaign_messages, _user("marketer@example.com"),
    )  # fmt: skip


def _user(email: str) -> User:
    from zhiyin.accounts.models import User

    return User.objects.get(email=email)
