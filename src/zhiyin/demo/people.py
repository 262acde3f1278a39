"""Simulated persons: who they are, where they live and what they allowed.

Works on whole columns, so that the same code makes the 4,372 people of the demo and a million
people for a benchmark. No e-mail address here can reach anybody (RFC 2606 domains only); British
and French mobiles come from the ranges that Ofcom and Arcep keep for fiction. China keeps no such
range: those numbers lie in the low blocks (`1xx 000x xxxx`) and every row says `Simulated`.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.demo import names
from zhiyin.demo.chance import DAY_US, Bools, Ints, moments, pick, take
from zhiyin.demo.parameters import Parameters
from zhiyin.demo.places import ABROAD, BRITAIN, BRITISH, CHINA

MAIL_DOMAINS = [("example.com", 60), ("example.org", 25), ("example.net", 15)]
CHINESE_PREFIXES = [
    130, 131, 132, 133, 135, 136, 137, 138, 139, 150, 151, 152, 153, 155, 156, 157, 158, 159,
    176, 177, 178, 180, 181, 182, 183, 186, 187, 188, 189, 199,
]  # fmt: skip
BRITISH_FICTION = 1_000  # 07700 900000 … 900999
FRENCH_FICTION = 10_000  # 06 39 98 00 00 … 99 99
CONSENTS = ("E-mail", "SMS", "Profiling")
EVIDENCE = ["checkout box", "app settings", "double opt-in", "paper form in the shop"]
DEPARTMENTS = sorted({row[3] for row in CHINA} | {row[2] for row in ABROAD.values()} | {"uk"})


@dataclass(frozen=True)
class People:
    """Columns of equal length, one entry a customer; `person` says who is behind an account.

    `person[i] == i` for almost everybody; a second account points to the first one's index.
    """

    ref: pa.Array
    person: Ints
    home: Ints  # whose mobile it is: a household shares one
    written: pa.Array
    rewritten: pa.Array  # the same name as another clerk would write it
    chinese: Bools
    gender: pa.Array
    birthday: pa.Array
    city: pa.Array
    province: pa.Array
    country: pa.Array
    department: pa.Array
    language: pa.Array
    email: pa.Array
    mobile: pa.Array
    since_us: Ints
    consents: dict[str, tuple[pa.Array, pa.Array, pa.Array]]

    def __len__(self) -> int:
        return len(self.person)


def make(
    rng: np.random.Generator,
    refs: pa.Array,
    order_country: pa.Array,
    since_us: Ints,
    last_us: int,
    parameters: Parameters,
    *,
    start: int = 0,
) -> People:
    """A person for each account `refs`; `start` is the number of people made before (chunks)."""
    size = len(refs)
    person = _pairs(rng, size, parameters.second_account_share)
    home = _pairs(rng, size, parameters.household_share)
    home = np.where(person != np.arange(size), person, home)
    drawn = names.draw(rng, size, parameters)
    own = pa.array(person)
    chinese = drawn.chinese[person]
    gender = pc.if_else(pa.array(drawn.woman), "female", "male")
    gender = pc.if_else(pa.array(rng.random(size) < parameters.gender_share), gender, None)
    rewritten = names.reordered(drawn).take(own)
    second = pa.array(person != np.arange(size))
    city, province, country, department = _places(rng, drawn.chinese, order_country)
    country = country.take(own)
    mobile = _mobiles(rng, pc.if_else(second, "", country), start, parameters)
    return People(
        ref=refs,
        person=person,
        home=home,
        written=pc.if_else(second, rewritten, drawn.name.take(own)),
        rewritten=rewritten,
        chinese=chinese,
        gender=gender.take(own),
        birthday=_birthdays(rng, size, last_us, parameters).take(own),
        city=city.take(own),
        province=province.take(own),
        country=country,
        department=department.take(own),
        language=pc.if_else(pa.array(chinese & (rng.random(size) < 0.96)), "zh-Hans", "en"),
        email=_emails(rng, drawn, start, parameters),
        mobile=mobile.take(pa.array(home)),
        since_us=since_us,
        consents=_consents(rng, since_us, last_us, parameters),
    )


def _pairs(rng: np.random.Generator, size: int, share: float) -> Ints:
    """Everyone points to themselves, but `share` of them to somebody else, who does not."""
    pointer = np.arange(size)
    count = min(int(size * share), size // 2)
    drawn = rng.permutation(size)[: 2 * count]
    pointer[drawn[:count]] = drawn[count:]
    return pointer


def _places(
    rng: np.random.Generator, chinese: Bools, order_country: pa.Array
) -> tuple[pa.Array, pa.Array, pa.Array, pa.Array]:
    size = len(chinese)
    at_home = pick(rng, [row[2] for row in CHINA], size)
    in_britain = pick(rng, [row[2] for row in BRITAIN], size)
    abroad = list(ABROAD)
    found = pc.index_in(order_country, pa.array(abroad, pa.string()))
    rows = list(ABROAD.values())
    is_chinese = pa.array(chinese)
    is_british = pc.fill_null(pc.equal(order_country, BRITISH), False)

    def column(
        china: list[str], britain: list[str | None] | str, other: list[str | None]
    ) -> pa.Array:
        british = britain if isinstance(britain, str) else take(britain, in_britain)
        elsewhere = pa.array(other, pa.string()).take(found)
        return pc.if_else(
            is_chinese, take(china, at_home), pc.if_else(is_british, british, elsewhere)
        )

    city = column([r[0] for r in CHINA], [r[0] for r in BRITAIN], [r[1] for r in rows])
    province = column([r[1] for r in CHINA], [r[1] for r in BRITAIN], [None] * len(rows))
    country = column(["China"] * len(CHINA), BRITISH, [r[0] for r in rows])
    department = column([r[3] for r in CHINA], "uk", [r[2] for r in rows])
    return city, province, country, pc.fill_null(department, "overseas")


def _birthdays(
    rng: np.random.Generator, size: int, last_us: int, parameters: Parameters
) -> pa.Array:
    """Ages 18 to 88, most in their thirties; some never told."""
    age_days = (18 + 70 * rng.beta(2.0, 4.0, size)) * 365.25
    days = last_us // DAY_US - age_days.astype(np.int64)
    dates = pa.array(days.astype("datetime64[D]"))
    return pc.if_else(pa.array(rng.random(size) < parameters.birthday_share), dates, None)


def _emails(
    rng: np.random.Generator, drawn: names.Names, start: int, parameters: Parameters
) -> pa.Array:
    size = len(drawn.chinese)

    def plain(column: pa.Array) -> pa.Array:
        letters = pc.replace_substring_regex(pc.utf8_normalize(column, "NFKD"), "[^A-Za-z]", "")
        return pc.utf8_lower(letters)

    number = pa.array(np.arange(start, start + size)).cast(pa.string())
    local = pc.binary_join_element_wise(
        plain(drawn.latin_given), plain(drawn.latin_surname), number, "."
    )
    domain = take(
        [d[0] for d in MAIL_DOMAINS], pick(rng, [float(d[1]) for d in MAIL_DOMAINS], size)
    )
    # A few were typed with the shift key held down.
    typed = pc.if_else(pa.array(rng.random(size) < 0.02), pc.utf8_upper(local), local)
    address = pc.binary_join_element_wise(typed, domain, "@")
    return pc.if_else(pa.array(rng.random(size) < parameters.email_share), address, None)


def _digits(numbers: Ints, width: int) -> pa.Array:
    return pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width=width, padding="0")


def _mobiles(
    rng: np.random.Generator, country: pa.Array, start: int, parameters: Parameters
) -> pa.Array:
    """One number nobody else has, in the ways people type it; none where the range is used up."""
    country = pc.fill_null(country, "")
    size = len(country)
    index = np.arange(start, start + size)
    # 7919 is prime to the number of numbers, so this visits each of them once.
    spread = (index * 7919) % (len(CHINESE_PREFIXES) * 100_000)
    prefix = take([str(p) for p in CHINESE_PREFIXES], spread // 100_000)
    tail = _digits(spread % 100_000, 5)
    block, last = pc.utf8_slice_codeunits(tail, 0, 1), pc.utf8_slice_codeunits(tail, 1)
    middle = pc.binary_join_element_wise("000", block, "")
    plain = pc.binary_join_element_wise(prefix, middle, last, "")
    style = rng.random(size)
    spaced = pc.binary_join_element_wise("+86", prefix, middle, last, " ")
    dashed = pc.binary_join_element_wise(prefix, middle, last, "-")
    chinese = pc.if_else(
        pa.array(style < 0.6), plain, pc.if_else(pa.array(style < 0.85), spaced, dashed)
    )

    def rank(name: str) -> Ints:
        return np.cumsum(pc.equal(country, name).to_numpy(zero_copy_only=False)) - 1

    told = rng.random(size) < parameters.mobile_share
    uk, fr = rank(BRITISH), rank("France")
    british = pc.binary_join_element_wise(
        pc.if_else(pa.array(style < 0.5), "07700", "+44 7700"),
        pc.binary_join_element_wise("900", _digits(uk % BRITISH_FICTION, 3), ""),
        " ",
    )
    french = pc.binary_join_element_wise("+336399", _digits(80_000 + fr % FRENCH_FICTION, 5), "")
    here = pa.scalar(None, pa.string())
    result = pc.if_else(pc.equal(country, "China"), chinese, here)
    first = start == 0  # the small ranges serve the first chunk only
    free_uk = pa.array(told & (uk < BRITISH_FICTION) & first)
    free_fr = pa.array(told & (fr < FRENCH_FICTION) & first)
    result = pc.if_else(pc.and_(pc.equal(country, BRITISH), free_uk), british, result)
    result = pc.if_else(pc.and_(pc.equal(country, "France"), free_fr), french, result)
    return pc.if_else(pa.array(told), result, here)


def _consents(
    rng: np.random.Generator, since_us: Ints, last_us: int, parameters: Parameters
) -> dict[str, tuple[pa.Array, pa.Array, pa.Array]]:
    """For each purpose: yes, no or never asked; when; and what shows it."""
    shares = (
        parameters.consent_email_share,
        parameters.consent_sms_share,
        parameters.consent_profiling_share,
    )
    size = len(since_us)
    result = {}
    for purpose, share in zip(CONSENTS, shares, strict=True):
        asked = pa.array(rng.random(size) < 0.97)
        answer = pc.if_else(pa.array(rng.random(size) < share), "yes", "no")
        # Most say it with their first order, some later in their settings.
        later = (rng.random(size) < 0.2) * rng.random(size) * (last_us - since_us)
        at = moments(since_us + later.astype(np.int64) // 1_000_000 * 1_000_000)
        evidence = take(EVIDENCE, pick(rng, [60, 20, 12, 8], size))
        result[purpose] = tuple(
            pc.if_else(asked, column, None) for column in (answer, at, evidence)
        )
    return result


def profile_table(people: People, *, member_card: pa.Array, device: pa.Array) -> pa.Table:
    """The customers as the web shop's account export would list them."""
    columns: dict[str, pa.Array] = {
        "Customer": people.ref,
        "Name": people.written,
        "Gender": people.gender,
        "Birthday": people.birthday,
        "City": people.city,
        "Province": people.province,
        "Country": people.country,
        "Language": people.language,
        "E-mail": people.email,
        "Mobile": people.mobile,
        "Member card": member_card,
        "App device": device,
        "Department": people.department,
        "Customer since": moments(people.since_us),
    }
    for purpose, (answer, at, evidence) in people.consents.items():
        columns[f"{purpose} consent"] = answer
        columns[f"{purpose} consent date"] = at
        columns[f"{purpose} consent evidence"] = evidence
    columns["Simulated"] = pa.repeat(True, len(people))
    return pa.table(columns)


def person_table(people: People) -> pa.Table:
    """Truth: for each account the first account of whoever is behind it."""
    behind = people.ref.take(pa.array(people.person))
    return pa.table({"Customer": people.ref, "Person": behind})
