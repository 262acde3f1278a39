"""Slow hosts have a lane of their own, and every task has a worker that takes it."""

from __future__ import annotations

from procrastinate.contrib.django import app

from zhiyin import worker


def test_every_queue_is_worked_and_webhooks_apart() -> None:
    lanes = worker.queues(app)
    assert lanes.webhooks == ["webhooks"]
    assert {task.queue for task in app.tasks.values()} == {*lanes.webhooks, *lanes.others}
    assert {"campaigns", "training"} <= set(lanes.others)
