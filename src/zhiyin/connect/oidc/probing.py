"""The test of the connection: each step that a sign-in takes, as far as nobody signs in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.connect.oidc import flow, provider
from zhiyin.connect.oidc.faults import SignInError
from zhiyin.connect.oidc.provider import Client
from zhiyin.connect.reasons import Reason


@dataclass(frozen=True)
class Step:
    """One step and how it went; `said` tells what to do where it did not."""

    label: Promise
    ok: bool
    said: str = ""


def probe(of: Client) -> list[Step]:
    """Every step in its order; ends at the first that the others need."""
    steps: list[Step] = []
    if not _try(
        steps,
        _("Its description is found and names this issuer"),
        lambda: provider.metadata(of, anew=True),
    ):
        return steps  # fmt: skip
    about = provider.metadata(of)
    steps.append(
        Step(
            _("It signs with keys that can be checked"), bool(about.algorithms),
            ", ".join(about.algorithms),
        )
    )  # fmt: skip
    proof = about.challenges is None or "S256" in about.challenges
    steps.append(Step(_("It takes PKCE with S256"), proof))
    _try(steps, _("Its keys can be read"), lambda: _some_keys(of))
    _try(steps, _("It knows this client and its secret"), lambda: _known(of))
    steps.append(Step(_("It can end its own session"), bool(about.end_session_endpoint)))
    return steps


def _some_keys(of: Client) -> None:
    if not [one for one in provider.keys(of, anew=True) if one.get("kty") in ("RSA", "EC", "OKP")]:
        raise ValueError("none")


def _known(of: Client) -> None:
    error = flow.refusal_of_code(of, provider.metadata(of))
    if error != "invalid_grant":
        raise ValueError(error if error in _ERRORS else "")  # words of RFC 6749, 5.2, and no other


_ERRORS = frozenset(
    {"invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type"}
)


def _try(steps: list[Step], label: Promise, do: Callable[[], object]) -> bool:
    try:
        do()
    except SignInError as error:
        known = error.detail in Reason.values
        said = str(Reason(error.detail).label) if known else f"{error.fault.label} {error.detail}"
        steps.append(Step(label, False, said.strip()))
    except ValueError as error:
        steps.append(Step(label, False, str(error)))
    else:
        steps.append(Step(label, True))
    return steps[-1].ok
