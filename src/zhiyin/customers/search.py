"""Finding a customer by any part of a name, its pinyin, a phone, an e-mail or a number.

The text is folded and cut into n-grams (three characters; two where a Chinese one is among them,
single Chinese characters, and longer runs of one character), hashed to 32 bits and kept in an
indexed array: whoever has all grams of the question is a candidate, and the text itself decides.
One or two Latin letters or digits have no such gram; they are kept as beginnings of words, so that
"lj" finds 林静姝 by her initials and "li" by her surname, along the same index.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import groupby, pairwise
from operator import and_
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery

from zhiyin.accounts import seat
from zhiyin.cleaning.pinyin import search_keys
from zhiyin.collect.bulk import copy_rows
from zhiyin.customers.models import Customer, CustomerSearch, Identifier

LONGEST_QUESTION = 80
CHUNK = 5000


def fold(text: str) -> str:
    """Case, width and accents away, so that what looks alike is alike."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(c for c in decomposed if not unicodedata.combining(c) and c != "\x00")
    return " ".join(unicodedata.normalize("NFC", kept).split())


def grams(text: str) -> set[int]:
    """The hashed n-grams of a folded text."""
    found: set[str] = set()
    for word in text.split():
        found.update(c for c in word if _is_han(c))
        found.update(a + b for a, b in pairwise(word) if _is_han(a) or _is_han(b))
        found.update(word[i : i + 3] for i in range(len(word) - 2))
        found.update(_runs(word))
    return {_hash(gram) for gram in found}


def entries(text: str) -> list[int]:
    """What the index holds of a folded text: its n-grams, and how its words begin."""
    return sorted(grams(text) | {_hash(f"^{word[:n]}") for word in text.split() for n in (1, 2)})


def wanted_of(word: str) -> list[int]:
    """What the index must hold of whoever a folded word is to find: as few grams as cover the word,
    since each is a list of everybody who has it; whether they stand in order, the text says."""
    last = len(word) - 3
    covering = {word[i : i + 3] for i in (*range(0, last, 3), last)} if last >= 0 else set()
    runs = max(_runs(word), key=len, default="")
    chosen = {*covering, *([runs] if runs else [])}
    return sorted(map(_hash, chosen)) or sorted(grams(word)) or [_hash(f"^{word}")]


def told(word: str, column: str) -> Q:
    """Whether a text holds the word: anywhere, or as a beginning where it is short."""
    if grams(word):
        return Q(**{f"{column}__contains": word})
    return (
        Q(**{f"{column}__startswith": word})
        | Q(**{f"{column}__contains": f"\n{word}"})
        | Q(**{f"{column}__contains": f" {word}"})
    )


def _runs(word: str) -> Iterator[str]:
    """Runs of one character, at every length from four: 00000000 would else be one common gram."""
    for character, run in groupby(word):
        yield from (character * length for length in range(4, min(len(list(run)), 12) + 1))


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or character >= "\U00020000"


def _hash(gram: str) -> int:
    value = zlib.crc32(gram.encode())
    return value - (1 << 32) if value >= 1 << 31 else value


def text_of(name: str, others: Iterable[str]) -> str:
    """What is searched of a customer, folded: the name, its pinyin, and the rest."""
    keys = search_keys(name)
    parts = [fold(part) for part in (name, keys.full, keys.joined, keys.initials, *others)]
    return "\n".join(dict.fromkeys(part for part in parts if part))


def names_of(name: str, number: str) -> str:
    """The part of it that is no address: what somebody may search who sees those masked."""
    return text_of(name, [number])


@seat.system("the index holds everybody and is filled by COPY")
def index(customers: Iterable[UUID]) -> None:
    """Make the search rows of these customers anew."""
    ids = list(customers)
    for start in range(0, len(ids), CHUNK):
        _index_chunk(ids[start : start + CHUNK])


def _index_chunk(ids: list[UUID]) -> None:
    values: dict[UUID, list[str]] = {}
    found = Identifier.objects.filter(customer_id__in=ids).exclude(kind=Identifier.Kind.DEVICE)
    for customer, value in found.values_list("customer_id", "value"):
        if customer is not None:
            values.setdefault(customer, []).append(value)
    rows = []
    people = Customer.objects.filter(id__in=ids).values_list(
        "id", "name", "email", "phone", "number"
    )
    for id_, name, email, phone, number in people:
        text = text_of(
            name, [email, phone, phone.removeprefix("+86"), number, *values.get(id_, [])]
        )
        rows.append((id_, text, names_of(name, number), entries(text)))
    with connection.cursor() as cursor:
        cursor.execute("delete from customers_customersearch where customer_id = any(%s)", [ids])
    copy_rows("customers_customersearch", ("customer_id", "text", "names", "grams"), rows)


def find(people: QuerySet[Customer], question: str) -> QuerySet[Customer]:
    """Those of `people` in whom every word of the question is found, by the index of grams."""
    condition = Q()
    for word in _words(question):
        condition &= Q(search__grams__contains=wanted_of(word)) & told(word, "search__text")
    return people.filter(condition)


def found(question: str) -> QuerySet[CustomerSearch]:
    """The entries of those in whom every word is found, whoever they are."""
    condition = Q()
    for word in _words(question):
        condition &= Q(grams__contains=wanted_of(word)) & told(word, "text")
    return CustomerSearch.objects.filter(condition)


def check(people: QuerySet[Customer], question: str) -> QuerySet[Customer]:
    """The same, looking at one person after another in the order of the list.

    Where many match, the first page is full after a few hundred people; the index of grams would
    bring all matches first. The question is a value of each row, which no planner turns into a
    join, so the order of the list stays in charge.
    """
    words = _words(question)
    if not words:
        return people
    all_told = reduce(and_, (told(word, "text") for word in words))
    text = CustomerSearch.objects.filter(customer=OuterRef("pk"))
    answer = text.annotate(found=ExpressionWrapper(all_told, BooleanField())).values("found")[:1]
    return people.filter(Subquery(answer, output_field=BooleanField()))


def _words(question: str) -> list[str]:
    return fold(question[:LONGEST_QUESTION]).split()
