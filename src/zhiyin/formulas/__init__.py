"""Formulas over the fields of a row: a small typed language, read, checked, computed, made SQL.

A formula is one expression (`round(revenue / orders, 2)`). It has no loops, no names but fields and
our functions, and bounds on its size, so that any user may write one: nothing is ever evaluated as
Python, and values reach PostgreSQL only as parameters. Computing in Python and in PostgreSQL gives
the same, to the last digit; tests/formulas holds that law. Not here: which fields exist and who may
see them.
"""

from zhiyin.formulas.checking import Checked, check
from zhiyin.formulas.compiling import Column, Statement, compile_sql
from zhiyin.formulas.evaluating import evaluate
from zhiyin.formulas.functions import FUNCTIONS, Function, Value
from zhiyin.formulas.parsing import parse
from zhiyin.formulas.problems import FormulaError, Problem
from zhiyin.formulas.tree import Kind, Node, fields_of, uses_today

__all__ = [
    "FUNCTIONS",
    "Checked",
    "Column",
    "FormulaError",
    "Function",
    "Kind",
    "Node",
    "Problem",
    "Statement",
    "Value",
    "check",
    "compile_sql",
    "evaluate",
    "fields_of",
    "parse",
    "uses_today",
]
