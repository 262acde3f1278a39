"""`= ANY(array)`: a thousand ids as one value, where `IN` makes an expression of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup, UUIDField
from django.db.models.expressions import BaseExpression
from django.db.models.sql.compiler import SQLCompiler


@UUIDField.register_lookup
class Among(Lookup[Sequence[UUID] | str | BaseExpression]):
    """`pk__among=[…]`, or the array as PostgreSQL wrote it, which Python then need not read, or an
    expression that is one.

    The ids are unnested, so that the planner takes them for a few: knowing their number, it would
    rather walk an index of everybody in the order of the list and ask of each.
    """

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """The left side's SQL, and its parameters with the ids as the last."""
        left, parameters = self.process_lhs(compiler, connection)
        if isinstance(self.rhs, BaseExpression):
            array, given = compiler.compile(self.rhs)
            return f"{left} = ANY({array})", (*parameters, *given)
        ids = self.rhs if isinstance(self.rhs, str) else list(self.rhs)
        return f"{left} = ANY(ARRAY(SELECT unnest(%s::uuid[])))", (*parameters, ids)
