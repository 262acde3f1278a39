"""Templates say what the recipient's data say, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.engage import template
from zhiyin.engage.template import MissingValueError, faults, one_line, render, to_html


def test_a_placeholder_becomes_the_recipients_value() -> None:
    assert render("{{ first_name }}，您好", {"first_name": "林静姝"}) == "林静姝，您好"


def test_without_a_value_there_is_no_letter_with_a_hole() -> None:
    with pytest.raises(MissingValueError) as error:
        render("Dear {{ first_name }}", {"first_name": ""})
    assert error.value.placeholder == "first_name"


def test_a_default_or_a_condition_fills_the_hole() -> None:
    assert render("Dear {{ first_name | default: 'friend' }}", {}) == "Dear friend"
    assert render("{% if tier %}{{ tier }}!{% else %}-{% endif %}", {}) == "-"


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ ''.__class__ }}",
        "{{ name.__class__.__mro__ }}",
        "{{ name['__class__'] }}",
        "{{ settings.SECRET_KEY }}",
        "{% include 'engage/mail.txt' %}",
        "{% render 'x' %}",
        "{% for a in (1..100000000) %}x{% endfor %}",
        "{% assign a = 'x' %}",
        "{% capture a %}{% endcapture %}",
        "{{ name | base64_decode }}",
        "{{ name | append: name }}",
        "{{ name",
        "{% if %}",
        "{{ nobody }}",
        "x" * (template.LONGEST + 1),
        "{% if name %}" * 200 + "{% endif %}" * 200,
    ],
)
def test_a_hostile_template_is_refused_with_a_reason(hostile: str) -> None:
    found = faults(hostile)
    assert found
    assert found[0].zh
    assert found[0].en
    assert template.placeholders(hostile) == set()


@given(st.text(max_size=60))
def test_any_text_is_either_a_template_or_told_to_be_none(text: str) -> None:
    if not faults(text):
        try:
            render(text, dict.fromkeys(template.PLACEHOLDERS, "x"))
        except MissingValueError:
            pytest.fail("every placeholder had a value")


@given(st.text(max_size=80))
def test_html_holds_nothing_that_was_not_escaped(text: str) -> None:
    made = to_html(f"<script>{text}</script>")
    assert "<script" not in made


def test_a_hostile_name_is_text_in_the_html_part() -> None:
    body = render("Hi {{ name }}", {"name": "<img src=x onerror=alert(1)>"})
    assert "<img" not in to_html(body)
    assert "&lt;img" in to_html(body)


def test_links_and_paragraphs_become_html() -> None:
    made = to_html("One.\nTwo: https://example.com/a?b=1&c=2.\n\nThree")
    assert made.count("<p>") == 2
    assert '<a href="https://example.com/a?b=1&amp;c=2">' in made


@given(st.text())
def test_a_header_has_no_line_breaks(text: str) -> None:
    made = one_line(f"a\r\nBcc: {text}")
    assert made.isprintable()
    assert len(made) <= 300


def test_the_line_of_a_mistake_is_told() -> None:
    assert faults("one\ntwo {{ nobody }}")[0].line == 2
