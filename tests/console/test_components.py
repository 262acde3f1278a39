"""Components say what they show, in words as well as in shape."""

from __future__ import annotations

import pytest

from tests.console.pages import components, render


def test_the_string_places_interval_estimate_and_baseline() -> None:
    drawn = render('<c-xian at="46" lo="38" hi="55" base="18" tone="risk" label="46, 38–55" />')
    assert 'x="38.0%" width="17.00%"' in drawn
    assert 'cx="46.0%"' in drawn
    assert 'class="base" x1="18.0%"' in drawn
    assert 'role="img" aria-label="46, 38–55"' in drawn


def test_the_string_keeps_a_mark_outside_the_range_at_its_end() -> None:
    drawn = render('<c-xian at="140" lo="-20" hi="55" />')
    assert 'cx="100.0%"' in drawn
    assert 'x="0.0%"' in drawn


def test_an_error_replaces_the_help_and_is_tied_to_its_field() -> None:
    drawn = render('<c-field label="Mobile" for="m" help="11 digits" error="One short"></c-field>')
    assert "One short" in drawn
    assert 'id="m-error"' in drawn
    assert "11 digits" not in drawn


def test_a_component_does_not_take_over_the_words_of_the_one_around_it() -> None:
    drawn = render(
        '<c-note title="Outer" icon="plug">x<c-button type="button">y</c-button></c-note>'
    )
    button = drawn[drawn.index("<button") :]
    assert "<svg" not in button
    assert drawn.count("Outer") == 1


def test_what_a_person_may_not_see_is_a_lock_and_a_word_not_an_empty_cell() -> None:
    assert "No right to see" in render('<c-masked value="" locked="1" />')


def test_values_are_escaped_inside_components() -> None:
    drawn = render(
        '<c-badge tone="{{ t }}">{{ t }}</c-badge><c-masked :value="t" />', t='"><script>'
    )
    assert "<script>" not in drawn


@pytest.mark.django_db  # the side bar counts what waits
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_component_renders_in_both_languages_and_themes(language: str, theme: str) -> None:
    page = components(language, theme).content.decode()
    assert f'data-bs-theme="{theme}"' in page
    assert 'lang="zh-Hans"' in page if language == "zh-hans" else 'lang="en"' in page
    assert "<c-" not in page  # every component was found


def test_a_component_takes_further_classes_and_attributes() -> None:
    drawn = render('<c-button class="push" data-key="c" type="button">New</c-button>')
    assert drawn.count("class=") == 1
    assert 'data-key="c"' in drawn
    assert "push" in drawn
