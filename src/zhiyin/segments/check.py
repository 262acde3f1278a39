"""What is wrong with a rule, each problem with its place in the tree and words in both languages.

Only a rule without problems is compiled. Cycles between segments are looked for here too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from zhiyin.segments import values
from zhiyin.segments.catalogue import Catalogue, Text
from zhiyin.segments.tree import (
    Agreed,
    Between,
    Bought,
    Comparison,
    Did,
    FieldIs,
    Group,
    InSegment,
    LastDays,
    Measure,
    Node,
    Path,
    Products,
    Rule,
    walk,
)

MAX_DEPTH = 5
MAX_CONDITIONS = 60


class Trouble(StrEnum):
    """What kind of problem, so that a screen can offer the right way out."""

    TOO_LARGE = "too_large"
    EMPTY_GROUP = "empty_group"
    UNKNOWN = "unknown"
    NOT_ALLOWED = "not_allowed"
    WRONG_OPERATOR = "wrong_operator"
    WRONG_VALUE = "wrong_value"
    CYCLE = "cycle"


@dataclass(frozen=True)
class Problem:
    """One thing to mend: where, what kind, and what to tell the person."""

    path: Path
    trouble: Trouble
    message: Text


class InvalidRuleError(ValueError):
    """A rule with problems was about to be used."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{each.path}: {each.message['en']}" for each in problems))


def check(rule: Rule, catalogue: Catalogue) -> list[Problem]:
    """Everything that is wrong with a rule; an empty list means that it can be compiled."""
    nodes = list(walk(rule.root))
    problems: list[Problem] = []
    leaves = sum(not isinstance(node, Group) for _, node in nodes)
    if leaves > MAX_CONDITIONS:
        problems.append(
            _problem(
                (),
                Trouble.TOO_LARGE,
                f"最多 {MAX_CONDITIONS} 个条件，现在有 {leaves} 个",
                f"a rule takes at most {MAX_CONDITIONS} conditions; this one has {leaves}",
            )
        )
    for path, node in nodes:
        if isinstance(node, Group) and len(path) >= MAX_DEPTH:
            problems.append(
                _problem(
                    path,
                    Trouble.TOO_LARGE,
                    f"条件组最多嵌套 {MAX_DEPTH} 层",
                    f"groups nest at most {MAX_DEPTH} deep",
                )
            )
        problems.extend(_check_node(path, node, catalogue))
    return problems


def require_valid(rule: Rule, catalogue: Catalogue) -> None:
    """Raise `InvalidRuleError` where `check` finds anything."""
    problems = check(rule, catalogue)
    if problems:
        raise InvalidRuleError(problems)


def find_cycle(segment: str, rule: Rule, others: Mapping[str, Rule]) -> list[str] | None:
    """The way from a segment back to itself through the segments it names, or None.

    `others` holds the stored rules of all segments; `rule` is the one about to be stored.
    """
    rules = {**others, segment: rule}

    def search(here: str, trail: list[str], done: set[str]) -> list[str] | None:
        if here == segment and trail:
            return [*trail, here]
        if here in done or here not in rules:
            return None
        done.add(here)
        for _, node in walk(rules[here].root):
            if isinstance(node, InSegment):
                found = search(node.segment, [*trail, here], done)
                if found:
                    return found
        return None

    return search(segment, [], set())


def check_cycle(segment: str, rule: Rule, others: Mapping[str, Rule]) -> list[Problem]:
    """A problem at each condition through which the segment would come to depend on itself."""
    problems = []
    for path, node in walk(rule.root):
        if not isinstance(node, InSegment):
            continue
        only_this = Rule(root=Group(rule.root.match, (node,)))
        if find_cycle(segment, only_this, others):
            problems.append(
                _problem(
                    path,
                    Trouble.CYCLE,
                    "这个分群又依赖当前分群，形成循环",
                    "that segment depends on this one in turn",
                )
            )
    return problems


def _problem(path: Path, trouble: Trouble, zh: str, en: str) -> Problem:
    return Problem(path, trouble, {"zh": zh, "en": en})


def _check_node(path: Path, node: Node, catalogue: Catalogue) -> Iterator[Problem]:
    match node:
        case Group():
            if not node.items:
                yield _problem(
                    path, Trouble.EMPTY_GROUP, "条件组是空的", "the group has no conditions"
                )
        case FieldIs():
            yield from _check_field(path, node, catalogue)
        case Bought() | Did():
            yield from _check_behaviour(path, node)
        case Agreed():
            if node.channel not in catalogue.channels:
                yield _unknown(path, "渠道", "channel", node.channel)
            if node.purpose not in catalogue.purposes:
                yield _unknown(path, "用途", "purpose", node.purpose)
        case InSegment() if node.segment not in catalogue.segments:
            yield _unknown(path, "分群", "segment", node.segment)


def _unknown(path: Path, zh: str, en: str, name: str) -> Problem:
    shown = ascii(name[:40])[1:-1] if not name.isprintable() else name[:40]
    return _problem(path, Trouble.UNKNOWN, f"没有{zh}「{shown}」", f"there is no {en} “{shown}”")


def _check_field(path: Path, node: FieldIs, catalogue: Catalogue) -> Iterator[Problem]:
    field = catalogue.fields.get(node.field)
    if field is None:
        yield _unknown(path, "字段", "field", node.field)
        return
    if not field.usable:
        yield _problem(
            path,
            Trouble.NOT_ALLOWED,
            f"您没有「{field.label['zh']}」字段的使用权",
            f"you may not use the field “{field.label['en']}”",
        )
        return
    if node.op not in field.operators:
        yield _problem(
            path,
            Trouble.WRONG_OPERATOR,
            f"「{field.label['zh']}」不能这样比较",
            f"“{field.label['en']}” cannot be compared in this way",
        )
        return
    try:
        values.read(field, node.op, node.value)
    except values.BadValueError as error:
        yield Problem(path, Trouble.WRONG_VALUE, error.message)


def _check_behaviour(path: Path, node: Bought | Did) -> Iterator[Problem]:
    if not node.did and (node.measure, node.comparison, node.value) != (
        Measure.COUNT,
        Comparison.AT_LEAST,
        1,
    ):
        yield _problem(
            path,
            Trouble.WRONG_OPERATOR,
            "「没有做过」不能再比较次数或金额",
            "“did not” takes no number or amount",
        )
    if isinstance(node, Did) and node.measure is Measure.AMOUNT:
        yield _problem(
            path,
            Trouble.WRONG_OPERATOR,
            "金额只能用在购买上",
            "only purchases are measured by amount",
        )
    try:
        if isinstance(node, Did):
            values.read_text(node.event)
        if node.measure is Measure.AMOUNT:
            values.read_money(node.value)
        else:
            values.read_count(node.value)
        if isinstance(node.window, LastDays):
            values.read_days(node.window.days)
        if isinstance(node.window, Between):
            first, last = node.window.first, node.window.last
            values.check_year(first)
            values.check_year(last)
            if first > last:
                yield _problem(
                    path,
                    Trouble.WRONG_VALUE,
                    "开始日期在结束日期之后",
                    "the first day is after the last",
                )
        if node.products is not None:
            _check_products(node.products)
    except values.BadValueError as error:
        yield Problem(path, Trouble.WRONG_VALUE, error.message)


def _check_products(products: Products) -> None:
    if not products.skus and not products.name_contains:
        raise values.BadValueError({"zh": "要选商品", "en": "choose a product"})
    if len(products.skus) > values.MAX_CHOICES:
        raise values.BadValueError({"zh": "商品太多", "en": "too many products"})
    for sku in products.skus:
        values.read_text(sku)
    if products.name_contains:
        values.read_text(products.name_contains)
