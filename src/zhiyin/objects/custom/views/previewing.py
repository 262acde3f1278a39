"""How a field would look before it is kept: its control, a sample value, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language

from zhiyin.cleaning.errors import BadValue
from zhiyin.formulas import FormulaError
from zhiyin.objects.custom import computing, drafts, known, reading, values
from zhiyin.objects.custom.controls import Control, control_of
from zhiyin.objects.custom.forms import Written
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.definitions import ObjectType

SAMPLES = 3


@dataclass(frozen=True)
class Preview:
    """What the right side of the form shows."""

    field: CustomField
    control: Control
    problems: dict[str, str]
    sample: str = ""
    shown: str = ""
    error: str = ""
    tone: str = ""
    answers: tuple[tuple[str, str], ...] = ()


def preview_of(
    of: ObjectType, written: Written, sample: str, *, is_new: bool, quiet: bool = False
) -> Preview:
    """The preview of a draft; `quiet` says nothing of what is still missing."""
    draft = written.draft
    others = [one for one in known.definitions(of.name) if is_new or one.key != draft.key]
    problems = dict(written.problems) or drafts.faults(draft, of, others, is_new=is_new)
    field = drafts.unsaved(of, draft)
    text = sample or draft.default
    shown, error, tone = "", "", ""
    if text and "type" not in problems and not field.is_formula:
        shown, error, tone = _tried(field, text)
    answers = () if problems or not field.is_formula else _answers(of, field, others)
    return Preview(
        field, control_of(field, text), {} if quiet else problems, text, shown, error, tone, answers
    )


def _tried(field: CustomField, text: str) -> tuple[str, str, str]:
    try:
        kept = reading.read(field, text)
    except BadValue as error:
        chinese = (get_language() or "zh").startswith("zh")
        return "", error.reason.zh if chinese else error.reason.en, ""
    value = values.typed(field, kept)
    colours = {one.key: one.colour for one in field.checks.choices}
    return values.told(field, value), "", colours.get(str(value), "")


def _answers(
    of: ObjectType, field: CustomField, others: list[CustomField]
) -> tuple[tuple[str, str], ...]:
    """The formula computed for a few rows: numbered, for their names may not be everybody's."""
    reads = computing.inputs(of, (one for one in others if not one.is_formula))
    try:
        found = computing.checked(field.formula, reads)
    except FormulaError:
        return ()
    rows = of.model._default_manager.order_by("-pk")[:SAMPLES]
    told = []
    for at, row in enumerate(rows, start=1):
        answer = computing.computed(found, reads, row)
        told.append((str(at), values.told(field, values.short(field, answer)) or "–"))
    return tuple(told)
