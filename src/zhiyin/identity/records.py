"""Records of people made comparable: one table with the same columns, whatever the source.

What cannot be read is empty here and says nothing; judging it is the work of `cleaning`. Each
column is worked out once for each distinct value. The blocking keys at the end say which records
are compared at all; a key that too many records share (a default value, 王伟 in a country of
millions) compares nobody, and the other keys must find them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

import duckdb
import pyarrow as pa

from zhiyin.cleaning.addresses import parse_address
from zhiyin.cleaning.contacts import parse_email, parse_phone
from zhiyin.cleaning.errors import BadValue
from zhiyin.cleaning.official import parse_identity_card
from zhiyin.cleaning.words import is_missing
from zhiyin.identity.kinds import Kind
from zhiyin.identity.names import read_name, sound
from zhiyin.identity.worthless import worthless

# What a source may give; `record` is its own id of a row, unique over all sources given together.
GIVEN = (
    "name", "family_name", "given_name", "phone", "email", "birth_date", "official_number",
    "address", "street", "house_number", "postcode", "district", "city", "province",
)  # fmt: skip
COLUMNS = (
    "name", "family", "given", "family_sound", "given_sound", "toned", "latin", "phone",
    "phone_ends", "email", "email_local", "birth_date", "official_number", "card",
    "road", "road_sound",
    "numbers", "house", "postcode", "district", "district_sound", "city", "city_sound", "province",
)  # fmt: skip
LARGEST_BLOCK = 100  # records that share a key
WIDEST_RULE = 8  # pairs for each record that a key may bring; more tells too little

# The keys, as SQL over the columns; a missing part makes the key empty.
KEYS = {
    "key_official": "official_number",
    "key_phone": "phone",
    "key_email": "email",
    "key_name_birth": "family_sound || '|' || birth_date",
    "key_given_birth": "given_sound || '|' || birth_date",
    "key_address": "road_sound || '|' || numbers || '|' || coalesce(city, '')",
    "key_phone_ends": "phone_ends || '|' || family_sound",
    "key_email_local": "email_local || '|' || left(coalesce(given_sound, family_sound), 1)",
    "key_name_city": "sorted_sound || '|' || coalesce(city, postcode, district)",
    "key_name": "sorted_sound",
    "key_family_post": "family_sound || '|' || coalesce(postcode, district)",
    "key_given_post": "given_sound || '|' || coalesce(postcode, district)",
    "key_birth_post": "birth_date || '|' || coalesce(postcode, district, city)",
    "key_birth": "birth_date",
    "key_road_number": "road_sound || '|' || house",
}  # fmt: skip

_MASK = re.compile(r"[*＊•●xX]{3,}")
_DAY = re.compile(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})")
_SIGNS = re.compile(r"[^0-9a-z]")


class MissingColumnsError(ValueError):
    """A table that lacks what it must have."""


def comparable(records: pa.Table) -> pa.Table:
    """Records with the columns `record`, `source` and any of GIVEN, as `COLUMNS`."""
    lacking = {"record", "source"} - set(records.column_names)
    if lacking or not set(GIVEN) & set(records.column_names):
        wanted = ", ".join(sorted(lacking)) or f"one of {', '.join(GIVEN)}"
        raise MissingColumnsError(f"the records have no column {wanted}")
    made = {
        **_each(records, ("name", "family_name", "given_name"), _name, _NAME),
        **_each(records, ("phone",), _phone, ("phone", "phone_ends")),
        **_each(records, ("email",), _email, ("email", "email_local")),
        **_each(records, ("birth_date",), _birth, ("birth_date",)),
        **_each(records, ("official_number",), _official, ("official_number", "card")),
        **_each(
            records,
            ("address", "street", "house_number", "postcode", "district", "city", "province"),
            _place,
            _PLACE,
        ),
    }
    columns = {name: records[name].cast(pa.string()) for name in ("record", "source")}
    return pa.table({**columns, **{name: made[name] for name in COLUMNS}})


def with_keys(connection: duckdb.DuckDBPyConnection, records: pa.Table) -> pa.Table:
    """The records with their blocking keys; keys that compare too much are left empty."""
    connection.register("comparable_records", records)
    keys = ", ".join(f"{sql} as {name}" for name, sql in KEYS.items())
    counts = ", ".join(
        f"case when {name} is not null then count(*) over (partition by {name}) end as n_{name}"
        for name in KEYS
    )
    connection.execute(
        "create or replace temp table keyed_records as"  # noqa: S608  (names from above)
        " with sounds as (select *, case when family_sound is not null and given_sound is not null"
        " then least(family_sound, given_sound) || ' ' || greatest(family_sound, given_sound)"
        f" end as sorted_sound from comparable_records), keys as (select *, {keys} from sounds)"
        f" select *, {counts} from keys"
    )
    connection.unregister("comparable_records")
    rows = len(records)
    kept = []
    for name in KEYS:
        fits = f"n_{name} <= {LARGEST_BLOCK}"
        pairs = connection.execute(
            f"select coalesce(sum(n_{name} - 1), 0) / 2 from keyed_records where {fits}"  # noqa: S608
        ).fetchone()
        narrow = pairs is not None and pairs[0] <= WIDEST_RULE * rows
        kept.append(f"case when {fits} then {name} end as {name}" if narrow
                    else f"null::varchar as {name}")  # fmt: skip
    table = connection.execute(
        f"select record, source, {', '.join(COLUMNS)}, {', '.join(kept)}"  # noqa: S608
        " from keyed_records"
    ).to_arrow_table()
    connection.execute("drop table keyed_records")
    return table


_NAME = ("name", "family", "given", "family_sound", "given_sound", "toned", "latin")


class _Placed(NamedTuple):
    road: str | None = None
    road_sound: str | None = None
    numbers: str | None = None
    house: str | None = None
    postcode: str | None = None
    district: str | None = None
    district_sound: str | None = None
    city: str | None = None
    city_sound: str | None = None
    province: str | None = None


_PLACE = _Placed._fields


def _each(
    records: pa.Table,
    given: Sequence[str],
    read: Callable[..., Sequence[str | None]],
    names: Sequence[str],
) -> dict[str, pa.Array]:
    """`read` over the distinct rows of these columns, as arrays of all rows."""
    rows = len(records)
    if not set(given) & set(records.column_names):
        return {name: pa.nulls(rows, pa.string()) for name in names}
    columns = [
        records[name].cast(pa.string()).to_pylist() if name in records.column_names
        else [None] * rows
        for name in given
    ]  # fmt: skip
    known: dict[tuple[str | None, ...], Sequence[str | None]] = {}
    out: list[Sequence[str | None]] = []
    for row in zip(*columns, strict=True):
        found = known.get(row)
        if found is None:
            found = known[row] = read(*row)
        out.append(found)
    return {
        name: pa.array([found[place] for found in out], pa.string())
        for place, name in enumerate(names)
    }


def _name(name: str | None, family: str | None, given: str | None) -> Sequence[str | None]:
    read = read_name(name, family, given)
    if not read.name:
        return (None,) * len(_NAME)
    texts = (read.name, read.family, read.given, read.family_sound, read.given_sound, read.toned)
    return (*(text or None for text in texts), "latin" if read.latin else "hanzi")


def _phone(text: str | None) -> Sequence[str | None]:
    """E.164, and the first three and last four digits, which masks leave (138****5678)."""
    if text is None or is_missing(text) or worthless(Kind.PHONE, text):
        return (None, None)
    if _MASK.search(text):
        head, _, tail = _MASK.sub("*", text.strip()).partition("*")
        head = re.sub(r"\D", "", head)[-3:]
        tail = re.sub(r"\D", "", tail)[-4:]
        return (None, f"{head}{tail}") if len(head) == 3 and len(tail) == 4 else (None, None)
    try:
        number = parse_phone(text).e164
    except BadValue:
        return (None, None)
    national = number.removeprefix("+86")
    ends = f"{national[:3]}{national[-4:]}" if len(national) == 11 else None
    return (number, ends)


def _email(text: str | None) -> Sequence[str | None]:
    if text is None or is_missing(text) or worthless(Kind.EMAIL, text):
        return (None, None)
    try:
        address = parse_email(text)
    except BadValue:
        return (None, None)
    return (address, address.partition("@")[0].partition("+")[0])


def _birth(text: str | None) -> Sequence[str | None]:
    """Year, month and day; also impossible ones, whose digits still tell."""
    match = _DAY.match(unicodedata.normalize("NFKC", text).strip()) if text else None
    return (f"{match[1]}-{match[2]:0>2}-{match[3]:0>2}",) if match else (None,)


def _official(text: str | None) -> Sequence[str | None]:
    """The number, and once more where it is an identity card whose check digit is right."""
    if text is None or is_missing(text) or worthless(Kind.IDENTITY_CARD, text):
        return (None, None)
    number = _SIGNS.sub("", unicodedata.normalize("NFKC", text).lower()) or None
    try:
        return (number, parse_identity_card(text, today=date.max).number)
    except BadValue:
        return (number, None)


def _place(
    address: str | None, street: str | None, house: str | None, postcode: str | None,
    district: str | None, city: str | None, province: str | None,
) -> Sequence[str | None]:  # fmt: skip
    """An address of one line is taken apart; one in columns is taken as it stands."""
    if address and not is_missing(address):
        read = parse_address(
            address, province=province or "", city=city or "", district=district or ""
        )
        post = postcode or read.postcode
        return _placed(read.road or read.town, read.numbers, post, read.district, read.city,
                       read.province)  # fmt: skip
    numbers = tuple(re.findall(r"\d+", house or ""))
    return _placed(street, numbers, postcode, district, city, province)


def _placed(
    road: str | None, numbers: Sequence[str], postcode: str | None, district: str | None,
    city: str | None, province: str | None,
) -> _Placed:  # fmt: skip
    road, district, city, province, postcode = map(
        _tidied, (road, district, city, province, postcode)
    )
    sounds = [sound(value) or None if value else None for value in (road, district, city)]
    return _Placed(
        road, sounds[0], "-".join(numbers) or None, numbers[0] if numbers else None,
        postcode, district, sounds[1], city, sounds[2], province,
    )  # fmt: skip


def _tidied(value: str | None) -> str | None:
    if value is None or is_missing(value):
        return None
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split()) or None
