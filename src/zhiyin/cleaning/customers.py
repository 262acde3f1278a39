"""Customer profiles: from a file's text cells to one clean row a person, ready for identity.

A value that cannot be used rejects its row (field and reason), so that a person mends it instead
of losing a phone number in silence. Who is the same person is not decided here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from . import companies, contacts, dates, mended, originals, places, words
from .columns import Parsed, parse_distinct, tidy_column
from .errors import BadValue, Reason
from .field_columns import FieldColumns
from .mapping import Mapping
from .originals import Originals
from .reading import Batch
from .report import Action, CleaningReport, Rule, Tally
from .row_copies import Copies
from .sweep import Swept, sweep

PROFILES = pa.schema(
    [
        ("row_number", pa.int64()),
        ("customer_ref", pa.string()),
        ("name", pa.string()),
        ("title", pa.string()),
        ("email", pa.string()),
        ("phone", pa.string()),
        ("gender", pa.string()),
        ("birthday", pa.date32()),
        ("company", pa.string()),
        ("address", pa.string()),
        ("city", pa.string()),
        ("province", pa.string()),
        ("country", pa.string()),
        ("language", pa.string()),
        ("consent_email", pa.bool_()),  # null: the file says nothing, which is no consent
        ("consent_sms", pa.bool_()),
        ("consent_profiling", pa.bool_()),
        ("tags", pa.list_(pa.string())),
        ("department_code", pa.string()),
        ("member_card", pa.string()),
        ("wechat", pa.string()),
        ("device_id", pa.string()),
        ("created_us", pa.int64()),
        ("own", pa.string()),  # what the company's own fields hold, as a JSON object
        originals.WAS,
    ]
)
IDENTIFIERS = ("customer_ref", "email", "phone", "member_card", "wechat")
DUPLICATE = Rule(
    "duplicate_profile",
    Action.SET_ASIDE,
    "整行与前面某一行完全相同：只保留第一行。",
    "The whole row equals an earlier one: the first is kept.",
)
NO_CONSENT = Rule(
    "consent_not_stated",
    Action.KEPT,
    "没有写明是否同意邮件或短信：按未同意处理，不会向其发送营销信息。",
    "No consent to e-mail or SMS is stated: treated as not given, nobody is written to.",
)
_COMPARED = (
    "customer_ref", "email", "phone", "gender", "birthday", "language", "tags", "company",
    "address", "city", "province", "country", "department_code", "member_card", "wechat",
    "device_id", "consent_email", "consent_sms", "consent_profiling",
)  # fmt: skip
_TAG_SIGNS = ";；,，、|"
_OLDEST = 120


@dataclass(frozen=True)
class OwnColumn:
    """A column that fills a field of the company's own: how a cell is read (to JSON; raises
    `BadValue`), and of a unique one which values are another's, by the row's identifiers."""

    field: str
    read: Callable[[str], str | None]
    taken: Callable[[Sequence[str | None], Sequence[tuple[str | None, ...]]], list[bool]] | None
    reason: Reason


@dataclass(frozen=True)
class CleanedCustomers:
    """The clean profiles, the rejected rows, and the report."""

    profiles: pa.Table
    rejected: pa.Table
    report: CleaningReport
    changed: pa.Table  # examples, as `originals.CHANGED` has them


def clean_customers(
    batches: Iterable[Batch | pa.Table], mapping: Mapping, *, now: datetime,
    own: Sequence[OwnColumn] = (),
) -> CleanedCustomers:  # fmt: skip
    """Clean a file of customer profiles."""
    copies = Copies()

    def clean(columns: FieldColumns, tally: Tally) -> pa.Table:
        return _profiles(columns, mapping, now, tally, copies, own)

    swept: Swept = sweep(batches, mapping, clean, PROFILES, copies)
    return CleanedCustomers(swept.rows, swept.rejected, swept.report, swept.changed)


def parse_birthday(text: str, *, today: date, day_first: bool | None = None) -> date:
    """A day of birth: neither in the future nor more than 120 years ago."""
    day = dates.parse_day(text, day_first=day_first)
    if day > today:
        raise BadValue("date_future", "生日在未来", "the birthday is in the future")
    if day.year < today.year - _OLDEST:
        raise BadValue(
            "date_too_early",
            f"生日早于 {today.year - _OLDEST} 年",
            f"the birthday is before {today.year - _OLDEST}",
        )
    return day


def parse_tags(text: str) -> list[str]:
    """Tags separated by comma, semicolon, 、 or |; each once."""
    for sign in _TAG_SIGNS:
        text = text.replace(sign, "\n")
    tags = (words.tidy(tag) for tag in text.split("\n"))
    return list(dict.fromkeys(words.limited(tag, 60) for tag in tags if tag))


def _profiles(
    columns: FieldColumns, mapping: Mapping, now: datetime, tally: Tally, copies: Copies,
    own: Sequence[OwnColumn],
) -> pa.Table:  # fmt: skip
    def read(name: str, parse: Callable[[str], object], kind: pa.DataType) -> pa.Array:
        return columns.problems(name, parse_distinct(columns.text(name), parse, kind))

    def text(name: str, limit: int) -> pa.Array:
        return read(name, partial(_short, limit=limit), pa.string())

    today = now.astimezone(mapping.zone).date()
    names, written = _names(columns)
    created = _created(columns, mapping, now)
    values = {
        "row_number": columns.row_numbers,
        "customer_ref": pc.replace_substring_regex(
            text("customer_ref", 200), r"^(\d+)\.0+$", r"\1"
        ),
        **names,
        "email": read("email", contacts.parse_email, pa.string()),
        "phone": read("phone", partial(contacts.phone_text, region=mapping.region), pa.string()),
        "gender": read("gender", words.parse_gender, pa.string()),
        "birthday": read(
            "birthday",
            partial(parse_birthday, today=today, day_first=mapping.day_first),
            pa.date32(),
        ),
        "language": read("language", words.parse_language, pa.string()),
        "tags": read("tags", parse_tags, pa.list_(pa.string())),
        "created_us": created,
    }
    values["address"] = text("address", 500)
    values["company"] = read(
        "company", lambda cell: companies.parse_company(cell).name, pa.string()
    )
    for name in (
        "city",
        "province",
        "country",
        "department_code",
        "member_card",
        "wechat",
        "device_id",
    ):
        values[name] = text(name, 100)
    for name in ("consent_email", "consent_sms", "consent_profiling"):
        values[name] = read(name, words.parse_yes_no, pa.bool_())
    values["province"], values["city"], placed = places.standard_places(
        *(values[name] for name in ("country", "province", "city", "address"))
    )
    values["own"] = _own(columns, own, values)
    nobody = pc.invert(columns.any_problem())
    for name in IDENTIFIERS:
        nobody = pc.and_(nobody, pc.is_null(values[name]))
    columns.refuse(
        next((n for n in IDENTIFIERS if columns.has(n)), "customer_ref"),
        nobody,
        Reason(
            "no_identifier",
            "客户编号、邮箱、手机、会员卡号、微信至少要填一项",
            "give at least one of customer number, e-mail, phone, member card or WeChat",
        ),
    )
    was = _originals(columns, values, written, placed)
    values["was"] = was.column()
    table = pa.table([values[name] for name in PROFILES.names], schema=PROFILES)
    again = copies.mask(columns)
    good = pc.and_(columns.good(), pc.invert(again))
    tally.note_mask(DUPLICATE, pc.and_(columns.good(), again), columns.row_numbers)
    for rule, name in ((mended.NAME, "name"), (mended.PHONE, "phone"), (mended.EMAIL, "email")):
        changed = pc.not_equal(columns.text(name), table.column(name).combine_chunks())
        tally.note_mask(rule, pc.and_(good, pc.fill_null(changed, False)), columns.row_numbers)
    _note_silent(columns, table, good, tally)
    columns.keep_changed(was.shown, good)
    for rule, mask in placed.items():
        tally.note_mask(rule, pc.and_(good, mask), columns.row_numbers)
    return table.filter(good)


def _own(columns: FieldColumns, own: Sequence[OwnColumn], values: dict[str, pa.Array]) -> pa.Array:
    """The company's own fields of each row as one JSON object; null where a row has none."""
    if not own:
        return pa.nulls(columns.size, pa.string())
    people = list(
        zip(*(values[n].to_pylist() for n in ("customer_ref", "email", "phone")), strict=True)
    )
    rows: list[list[str]] = [[] for _ in range(columns.size)]
    for one in own:
        found = columns.problems(
            one.field, parse_distinct(columns.text(one.field), one.read, pa.string())
        ).to_pylist()
        if one.taken is not None:
            mask = pa.array(one.taken(found, people), pa.bool_())
            columns.refuse(one.field, mask, one.reason)
        for row, value in zip(rows, found, strict=True):
            if value is not None:
                row.append(f"{json.dumps(one.field)}: {value}")
    return pa.array([f"{{{', '.join(row)}}}" if row else None for row in rows], pa.string())


def _names(columns: FieldColumns) -> tuple[dict[str, pa.Array], pa.Array]:
    """Name and title, and the name as it was written."""
    field = "name"
    written = columns.text("name")
    if not columns.has("name") and (columns.has("family_name") or columns.has("given_name")):
        field = "family_name" if columns.has("family_name") else "given_name"
        parts = (tidy_column(columns.text(n)).to_pylist() for n in ("family_name", "given_name"))
        written = pa.array([_whole_name(f, g) for f, g in zip(*parts, strict=True)], pa.string())
    name = columns.problems(
        field, parse_distinct(written, lambda text: words.parse_name(text).text, pa.string())
    )
    title = parse_distinct(written, lambda text: words.parse_name(text).title, pa.string())
    return {"name": name, "title": title.values}, written


def _originals(
    columns: FieldColumns, values: dict[str, pa.Array], name: pa.Array, placed: dict[Rule, pa.Array]
) -> Originals:
    """What each cell was before, where it reads differently now."""
    was = Originals(columns.row_numbers)
    for rule in (places.STANDARD, places.ADDED):
        if rule in placed:
            for field in ("province", "city"):
                now, before = values[field], pc.fill_null(columns.text(field), "")
                bare = pc.equal(pc.utf8_trim_whitespace(before), "")
                fits = bare if rule is places.ADDED else pc.invert(bare)
                moved = pc.and_(fits, pc.fill_null(pc.not_equal(before, now), False))
                moved = pc.and_(pc.or_(placed[rule], placed[places.ADDED]), moved)
                was.note(field, before, now, moved, rule)
    if columns.has("name"):
        was.compared("name", name, values["name"], mended.NAME)
    else:
        pieces = (pc.fill_null(columns.text(one), "") for one in ("family_name", "given_name"))
        apart = pc.binary_join_element_wise(*pieces, " | ")
        was.note("name", apart, values["name"], pc.is_valid(values["name"]), mended.NAME_JOINED)
    reference = columns.text("customer_ref")
    decimal = pc.match_substring_regex(reference, r"^\s*\d+\.0+\s*$")
    was.note("customer_ref", reference, values["customer_ref"], decimal, mended.NUMBER_DECIMAL)
    for field in _COMPARED:
        if columns.has(field):
            was.compared(field, columns.text(field), values[field], mended.rule_of(field))
    was.moments("created_at", columns.text("created_at"), columns.as_date(values["created_us"]))
    return was


def _whole_name(family: str | None, given: str | None) -> str | None:
    """张 + 伟 → 张伟; Smith + Ann → Ann Smith."""
    if not family or not given:
        return family or given
    return f"{given} {family}" if family.isascii() else f"{family}{given}"


def _created(columns: FieldColumns, mapping: Mapping, now: datetime) -> pa.Array:
    latest = now + timedelta(days=1)

    def one(text: str) -> int:
        moment = dates.parse_moment(text, zone=mapping.zone, day_first=mapping.day_first)
        moment += timedelta(days=mapping.shift_days)
        if moment > latest:
            raise BadValue("date_future", "注册时间在未来", "the time lies in the future")
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    parsed: Parsed = parse_distinct(columns.text("created_at"), one, pa.int64())
    return columns.problems("created_at", parsed)


def _short(text: str, *, limit: int) -> str | None:
    return words.limited(words.tidy(text), limit) or None


def _note_silent(columns: FieldColumns, table: pa.Table, good: pa.Array, tally: Tally) -> None:
    silent = pc.and_(
        pc.is_null(table.column("consent_email")), pc.is_null(table.column("consent_sms"))
    )
    tally.note_mask(NO_CONSENT, pc.and_(good, silent.combine_chunks()), columns.row_numbers)
