"""``pk__among=ids``: a condition that takes hundreds of values as one.

Django's ``in`` prepares and quotes each by itself, and the database parses them all again: with 500
links in hand that took longer than to find them.
"""

from __future__ import annotations

import json
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Lookup
from django.db.models.fields.related import ForeignObject
from django.db.models.sql.compiler import SQLCompiler

_Sql = tuple[str, Any]


@Field.register_lookup
@ForeignObject.register_lookup
class Among(Lookup):
    """Numbers or texts as the database has them: they are not converted."""

    lookup_name = "among"

    def get_prep_lookup(self) -> list[Any]:
        return list(self.rhs)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        column, params = self.process_lhs(compiler, connection)
        found = "(SELECT value FROM json_each(%s))"
        return f"{column} IN {found}", [*params, json.dumps(self.rhs)]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        column, params = self.process_lhs(compiler, connection)
        if self.rhs and isinstance(self.rhs[0], int):  # as text: the driver takes longer for a list
            numbers = ",".join(map(str, self.rhs))
            return f"{column} = ANY(%s::bigint[])", [*params, f"{{{numbers}}}"]
        return f"{column} = ANY(%s)", [*params, self.rhs]
