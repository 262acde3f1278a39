"""Where PostgreSQL, DuckDB and Spark differ in the little SQL that rules need.

Everything else is common to all. A dialect writes expressions over identifiers from the
catalogue and placeholders; a value never passes through here.
"""

from dataclasses import dataclass
from typing import Protocol


class Dialect(Protocol):
    """What the compiler asks of an engine."""

    def placeholder(self, name: str) -> str:
        """How a named parameter is written."""

    def among(self, expression: str, values: str, ids: bool = False) -> str:
        """Is the expression one of a list parameter? `ids`: both sides hold customer ids."""

    def has_any(self, tags: str, values: str) -> str:
        """Do the tags share one with a list parameter?"""

    def has_all(self, tags: str, values: str) -> str:
        """Do the tags hold all of a list parameter?"""

    def size(self, tags: str) -> str:
        """How many tags there are."""

    def text(self, document: str, key: str) -> str:
        """A text inside a JSON column, by a key of ours."""

    def position(self, text: str, part: str) -> str:
        """Where a text first holds another, counted from 1; 0 where it does not."""


@dataclass(frozen=True)
class PostgreSQL:
    """PostgreSQL through psycopg 3: named parameters, uuid keys, text[] tags, jsonb properties."""

    id_type: str = "uuid"

    def placeholder(self, name: str) -> str:
        return f"%({name})s"

    def among(self, expression: str, values: str, ids: bool = False) -> str:
        kind = self.id_type if ids else "text"
        return f"{expression} = ANY({values}::{kind}[])"

    def has_any(self, tags: str, values: str) -> str:
        return f"{tags} && {values}::text[]"

    def has_all(self, tags: str, values: str) -> str:
        return f"{tags} @> {values}::text[]"

    def size(self, tags: str) -> str:
        return f"cardinality({tags})"

    def text(self, document: str, key: str) -> str:
        return f"{document} ->> '{key}'"

    def position(self, text: str, part: str) -> str:
        return f"strpos({text}, {part})"


@dataclass(frozen=True)
class DuckDB:
    """DuckDB: named parameters, lists for tags, JSON as text for properties."""

    def placeholder(self, name: str) -> str:
        return f"${name}"

    def among(self, expression: str, values: str, ids: bool = False) -> str:
        compared = f"CAST({expression} AS VARCHAR)" if ids else expression
        return f"list_contains(CAST({values} AS VARCHAR[]), {compared})"

    def has_any(self, tags: str, values: str) -> str:
        return f"list_has_any({tags}, CAST({values} AS VARCHAR[]))"

    def has_all(self, tags: str, values: str) -> str:
        return f"list_has_all({tags}, CAST({values} AS VARCHAR[]))"

    def size(self, tags: str) -> str:
        return f"len({tags})"

    def text(self, document: str, key: str) -> str:
        return f"json_extract_string({document}, '$.{key}')"

    def position(self, text: str, part: str) -> str:
        return f"strpos({text}, {part})"


@dataclass(frozen=True)
class Spark:
    """Spark: named parameters, arrays for tags, JSON as text for properties."""

    def placeholder(self, name: str) -> str:
        return f":{name}"

    def among(self, expression: str, values: str, ids: bool = False) -> str:
        return f"array_contains({values}, {expression})"

    def has_any(self, tags: str, values: str) -> str:
        return f"arrays_overlap({tags}, {values})"

    def has_all(self, tags: str, values: str) -> str:
        return f"(size(array_except({values}, {tags})) = 0)"

    def size(self, tags: str) -> str:
        return f"cardinality({tags})"

    def text(self, document: str, key: str) -> str:
        return f"get_json_object({document}, '$.{key}')"

    def position(self, text: str, part: str) -> str:
        return f"instr({text}, {part})"


POSTGRESQL = PostgreSQL()
DUCKDB = DuckDB()
SPARK = Spark()
