"""A thousand calls of every type with the SDKs for servers, through a tracking API that is killed
with -9 and started again on the way, and the pump: each call is here once, everybody is known.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rudderstack.analytics.client
import segment.analytics.client

from tests.collect import processes, sdk
from tests.collect.processes import Api, until
from tests.collect.sdks import packages
from tests.collect.sdks.calls import CALLS, Call, calls, check, old_id, waiting
from zhiyin.collect.models import WriteKey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
# How often it is killed, and the pause between two calls, so that the kills fall among them.
SHORT, LONG = (1, 0.002), (6, 0.015)
HOW = [pytest.param(SHORT, id="killed once"),
       pytest.param(LONG, id="killed often", marks=pytest.mark.soak)]  # fmt: skip
How = tuple[int, float]


@pytest.fixture
def key(transactional_db: None) -> WriteKey:
    return sdk.source()


@pytest.fixture
def api(key: WriteKey, tmp_path: Path) -> Iterator[Api]:
    """The tracking API and the pump, in processes of their own."""
    with Api(tmp_path / "api.log") as api, processes.pump(tmp_path / "pump.log"):
        yield api


def killed_while(api: Api, send: Callable[[], object], kills: int) -> None:
    """Run `send`; meanwhile the API is killed and started again."""
    failed: list[BaseException] = []

    def sending() -> None:
        try:
            send()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=sending)
    thread.start()
    for done in range(kills):
        time.sleep(0.7)
        assert thread.is_alive() or failed, f"all was sent before kill {done + 1}"
        api.kill()
        time.sleep(0.1)
        api.start()
    thread.join(100)
    assert not thread.is_alive()
    assert not failed, failed


def arrived_once(key: WriteKey) -> None:
    until(lambda: not waiting(key.source), "the pump does not come to its end")
    check(key.source)


def _call(client: Any, call: Call) -> None:
    """The call, as somebody who uses the library would write it."""
    who: dict[str, Any] = {"user_id": call.user or None, "anonymous_id": call.device or None}
    if call.kind == "track":
        client.track(event="Product Viewed", properties={"n": call.number}, **who)
    elif call.kind in ("page", "screen"):
        getattr(client, call.kind)(name="Home", properties={"n": call.number}, **who)
    elif call.kind == "identify":
        client.identify(traits={"n": call.number}, **who)
    elif call.kind == "group":
        client.group(group_id=f"group-{call.number % 7}", traits={"n": call.number}, **who)
    else:
        client.alias(previous_id=old_id(call.number), user_id=call.user)


@pytest.mark.parametrize("library", [segment.analytics.client, rudderstack.analytics.client],
                         ids=["Segment", "RudderStack"])  # fmt: skip
@pytest.mark.parametrize("how", HOW)
def test_python(api: Api, key: WriteKey, library: Any, how: How) -> None:
    kills, pause = how
    errors: list[object] = []
    client = library.Client(
        key.key, host=f"http://127.0.0.1:{api.port}", upload_size=40, upload_interval=0.2,
        on_error=lambda error, batch: errors.append(error),
    )  # fmt: skip

    def send() -> None:
        for call in calls():
            _call(client, call)
            time.sleep(pause)
        client.flush()
        client.join()

    killed_while(api, send, kills)
    assert not errors
    arrived_once(key)


@pytest.mark.parametrize("library", ["segment", "rudder"])
@pytest.mark.parametrize("how", HOW)
def test_node(api: Api, key: WriteKey, library: str, how: How) -> None:
    packages.modules()
    kills, pause = how
    words = (library, f"http://127.0.0.1:{api.port}", key.key, str(CALLS), str(pause * 1000))
    killed_while(api, lambda: packages.run("scripts/server.js", *words), kills)
    arrived_once(key)


def test_nothing_is_checked_where_nothing_was_sent(key: WriteKey) -> None:
    with pytest.raises(AssertionError):
        check(key.source)
