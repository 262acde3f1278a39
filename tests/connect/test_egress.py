"""The way out: pinned to the address that was judged, bounded in time and size, and nothing of the
environment or of the other side changes where it goes."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from django.conf import settings

from tests.connect.receiver import HOST, Receiver, drip, listening
from zhiyin.connect import egress
from zhiyin.connect.addresses import Policy, read_opening
from zhiyin.connect.egress import Answer, Limits
from zhiyin.connect.reasons import EgressError, FailedError, Reason, RefusedError

QUICK = Limits(connect_seconds=0.5, total_seconds=0.8, request_bytes=1000, answer_bytes=100)


def _behind(*found: str) -> Callable[[str, int], Sequence[str]]:
    return lambda host, port: list(found)


def _opened(receiver: Receiver) -> Policy:
    """What an operator opens for a receiver inside the house."""
    return Policy(openings=(read_opening(f"127.0.0.1:{receiver.port}"),))


def _sent(receiver: Receiver, url: str = "", **changed: object) -> Answer:
    asked: dict[str, object] = {
        "policy": _opened(receiver), "resolver": _behind("127.0.0.1"), "trust": receiver.trust(),
        "limits": QUICK, "body": b"{}",
    }  # fmt: skip
    return egress.send("POST", url or receiver.url(), **{**asked, **changed})  # type: ignore[arg-type]


def _reason(receiver: Receiver, url: str = "", **changed: object) -> Reason:
    with pytest.raises(EgressError) as refusal:
        _sent(receiver, url, **changed)
    return refusal.value.reason


def test_a_request_arrives_with_its_name_and_nobody_elses_headers(receiver: Receiver) -> None:
    receiver.headers = {"Retry-After": "7"}
    answer = _sent(receiver, headers={"X-One": "1", "Host": "evil.example", "User-Agent": "x"})
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (200, b"ok", "7")
    assert answer.milliseconds >= 0
    (arrived,) = receiver.received
    assert (arrived.method, arrived.path, arrived.body) == ("POST", "/hook", b"{}")
    assert arrived.headers == {
        "x-one": "1", "host": f"{HOST}:{receiver.port}", "user-agent": "Zhiyin/0.1.0",
        "accept-encoding": "identity", "connection": "close", "content-length": "2",
    }  # fmt: skip


def test_the_operator_may_open_plain_http(certificates: Path) -> None:
    with listening(certificates, plain=True) as receiver:
        policy = Policy(openings=(read_opening(f"http://127.0.0.1:{receiver.port}"),))
        url = f"http://127.0.0.1:{receiver.port}/x"
        assert _sent(receiver, url, policy=policy).status == 200


def test_without_the_operator_the_receiver_inside_is_out_of_reach(receiver: Receiver) -> None:
    assert _reason(receiver, policy=Policy()) is Reason.PORT
    assert _reason(receiver, "https://127.0.0.1/", policy=Policy()) is Reason.NOT_PUBLIC
    assert _reason(receiver, f"https://{HOST}/", policy=Policy()) is Reason.NOT_PUBLIC
    assert receiver.received == []


def test_a_name_that_changes_its_answer_is_looked_up_once(receiver: Receiver) -> None:
    """DNS rebinding: public when it is judged, inside when it would be used."""
    answers: Iterator[list[str]] = iter([["1.1.1.1"], ["127.0.0.1"]])
    asked = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    way = egress.check("https://rebind.example/", policy=Policy(), resolver=rebinding)
    assert [str(one) for one in way.addresses] == ["1.1.1.1"]
    assert asked == ["rebind.example"]
    with pytest.raises(RefusedError):  # the second time it is judged again, and found out
        egress.send("GET", "https://rebind.example/", policy=Policy(), resolver=rebinding)
    assert receiver.received == []


def test_the_connection_goes_to_the_judged_address_and_never_asks_again(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the name was looked up a second time")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    assert _sent(receiver).status == 200


def test_a_redirect_to_this_machine_is_not_followed(receiver: Receiver) -> None:
    receiver.status = 302
    receiver.headers = {"Location": f"https://127.0.0.1:{receiver.port}/inside"}
    assert _sent(receiver).status == 302
    assert [one.path for one in receiver.received] == ["/hook"]


def test_proxies_of_the_environment_are_not_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert _sent(receiver).status == 200


def test_a_certificate_for_another_name_or_of_an_unknown_authority_is_refused(
    receiver: Receiver,
) -> None:
    elsewhere = f"https://other.example:{receiver.port}/"
    assert _reason(receiver, elsewhere) is Reason.TLS
    assert _reason(receiver, trust=None) is Reason.TLS
    assert receiver.received == []


def test_the_operators_own_authority_is_believed(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "EGRESS_CA", str(receiver.authority))
    assert _sent(receiver, trust=None).status == 200


def test_whoever_speaks_no_tls_is_refused(certificates: Path) -> None:
    with listening(certificates, plain=True) as receiver:
        assert _reason(receiver) is Reason.TLS


def test_a_slow_drip_ends_at_the_deadline(receiver: Receiver) -> None:
    receiver.answering = drip
    begun = time.monotonic()
    assert _reason(receiver) is Reason.TIMEOUT
    assert time.monotonic() - begun < 2


def test_a_silent_host_ends_at_the_deadline(receiver: Receiver) -> None:
    receiver.answering = lambda handler: time.sleep(1.2)
    assert _reason(receiver) is Reason.TIMEOUT


def test_a_resolver_that_never_answers_ends_at_the_deadline(receiver: Receiver) -> None:
    def slow(host: str, port: int) -> list[str]:
        time.sleep(1)
        return ["127.0.0.1"]

    assert _reason(receiver, resolver=slow) is Reason.TIMEOUT


def test_nothing_is_begun_after_the_deadline(receiver: Receiver) -> None:
    assert _reason(receiver, limits=Limits(total_seconds=0)) is Reason.TIMEOUT


def test_a_name_that_leads_nowhere(receiver: Receiver) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror("unknown")

    assert _reason(receiver, resolver=unknown) is Reason.NO_NAME
    assert _reason(receiver, resolver=_behind()) is Reason.NO_NAME


def test_a_port_where_nobody_listens(receiver: Receiver) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    policy = Policy(openings=(read_opening(f"127.0.0.1:{port}"), read_opening(f"[::1]:{port}")))
    assert _reason(receiver, f"https://{HOST}:{port}/", policy=policy) is Reason.NO_CONNECTION
    both = _behind("::1", "127.0.0.1")
    assert _reason(receiver, f"https://{HOST}:{port}/", policy=policy, resolver=both) is (
        Reason.NO_CONNECTION
    )


def test_the_second_address_is_tried_where_the_first_is_deaf(receiver: Receiver) -> None:
    policy = Policy(openings=(read_opening(f"127.0.0.0/8:{receiver.port}"),))
    found = _behind("127.0.0.2", "127.0.0.1")
    assert _sent(receiver, policy=policy, resolver=found).status == 200


def test_too_much_is_refused_both_ways(receiver: Receiver) -> None:
    assert _reason(receiver, body=b"x" * 1001) is Reason.TOO_LARGE
    assert receiver.received == []
    receiver.body = b"x" * 101
    assert _reason(receiver) is Reason.TOO_LARGE


def _nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")


def test_an_answer_that_is_no_http_is_a_failure(receiver: Receiver) -> None:
    receiver.answering = _nonsense
    assert _reason(receiver) is Reason.PROTOCOL
    receiver.answering = lambda handler: None  # hangs up
    assert _reason(receiver) is Reason.PROTOCOL


def test_a_header_cannot_be_split(receiver: Receiver) -> None:
    assert _reason(receiver, headers={"X-One": "1\r\nX-Two: 2"}) is Reason.PROTOCOL
    assert receiver.received == []


def test_the_systems_resolver_tells_each_address_once() -> None:
    assert egress.look_up("127.0.0.1", 443) == ["127.0.0.1"]


def test_a_failure_is_told_by_its_reason_only() -> None:
    assert str(FailedError(Reason.NO_NAME)) == "no_name"
