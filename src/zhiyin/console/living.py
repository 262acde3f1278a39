"""The living page of components, and the addresses its parts really talk to.

What is moved or changed there is kept in the session of whoever tries it, and nowhere else.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from zhiyin.accounts.gate import gate
from zhiyin.console import samples
from zhiyin.console.boards import Board, Move

BOARD = "sample_board"
CITY = "sample_city"
MOST_LETTERS = 20


@gate("console.components")
@require_GET
def components(request: HttpRequest) -> HttpResponse:
    """Every component in every state, rendered by the very templates that the screens use."""
    return render(request, "console/components.html", _context(request))


@gate("console.components")
@require_POST
def move_card(request: HttpRequest) -> HttpResponse:
    """Lay a card of the sample board elsewhere; answers with the board as it is then."""
    moved = _board(request).moved(Move.of(request.POST))
    request.session[BOARD] = moved.order()
    if request.headers.get("HX-Request") != "true":
        return redirect("components")
    return render(request, "console/parts/board.html", {"board": moved})


@gate("console.components")
@require_POST
def change_city(request: HttpRequest) -> HttpResponse:
    """Change the sample value where it stands: saved, wrong, or changed by somebody else too."""
    city = request.POST.get("city", "").strip()
    sent, kept = request.POST.get("version", ""), request.session.get(CITY, samples.CITY)
    context: dict[str, object] = {"city": kept["text"], "city_version": kept["version"]}
    status = 200
    if not city or len(city) > MOST_LETTERS:
        problem = gettext("Between 1 and 20 letters.")
        typed = city[: 2 * MOST_LETTERS]
        context |= {"city": typed, "city_saved": kept["text"], "city_error": problem}
        status = 422
    elif sent != kept["version"]:
        both = {"name": "city", "label": gettext("City"), "theirs": kept["text"], "yours": city}
        context |= {"both": [both]}
        status = 409
    else:
        version = str(int(kept["version"]) + 1)
        request.session[CITY] = {"text": city, "version": version}
        context = {"city": city, "city_version": version}
    if request.headers.get("HX-Request") != "true":
        return redirect("components")
    return render(request, "console/parts/city.html", context, status=status)


@gate("console.components")
@require_GET
def places(request: HttpRequest) -> HttpResponse:
    """Choices for the sample of a select that asks the server while somebody types."""
    found = samples.places(request.GET.get("q", "")[:40])
    return render(request, "console/parts/options.html", {"options": found})


def _board(request: HttpRequest) -> Board:
    """The sample board as this person has laid it."""
    session = getattr(request, "session", None) or {}
    return samples.board().ordered(session.get(BOARD, {}))


def _context(request: HttpRequest) -> dict[str, object]:
    session = getattr(request, "session", None) or {}
    kept = session.get(CITY, samples.CITY)
    return {
        **samples.context(),
        "board": _board(request),
        "city": kept["text"],
        "city_version": kept["version"],
    }
