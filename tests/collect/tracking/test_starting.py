"""The lines to the database: one that goes dead without a word is noticed."""

from __future__ import annotations

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from zhiyin import settings as house
from zhiyin.collect.tracking.starting import _address


@pytest.mark.django_db
def test_every_line_asks_whether_the_database_still_lives() -> None:
    connection.ensure_connection()
    with psycopg.connect(_address()) as door:
        for line in (connection.connection, door):
            assert settings.LIVELY.items() <= line.info.get_parameters().items()


def test_who_brings_a_database_may_say_otherwise() -> None:
    made = house._database("postgresql://me@far.example/zhiyin?tcp_user_timeout=90000")
    assert made["OPTIONS"]["tcp_user_timeout"] == "90000"
    assert made["OPTIONS"]["keepalives_idle"] == settings.LIVELY["keepalives_idle"]
