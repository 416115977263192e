# Licensed under a 3-clause BSD style license - see LICENSE
"""Which tables and columns a mirror is to have, and by which columns each table is swept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from astroquery_csc.catalogue.schema import MASTER, NAMED_SETS, VERBOSITY
from astroquery_csc.catalogue.suggest import did_you_mean
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError

__all__ = ["DEFAULT_COLUMNS", "Plan", "asked_tables", "plan"]

#: Columns of masters that are copied unless others are named: those of the verbs' default calls.
DEFAULT_COLUMNS = tuple(dict.fromkeys((*VERBOSITY[2], *NAMED_SETS["match"])))

_STACK = ("detect_stack_id", "region_id")


@dataclass(frozen=True, slots=True)
class _Sweeps:
    """How a table is gone through."""

    key: tuple[str, ...]
    keys_by: str
    rows_by: str
    order: tuple[str, ...]


_SWEEPS: Mapping[str, _Sweeps] = {
    MASTER: _Sweeps(("name",), "dec", "ra", ("ra", "dec", "name")),
    "master_stack_assoc": _Sweeps(
        ("name", *_STACK), "name", "detect_stack_id", (*_STACK, "name")
    ),
    "stack_source": _Sweeps(_STACK, "dec", "detect_stack_id", _STACK),
    "stack_observation_assoc": _Sweeps(
        (*_STACK, "obsid", "obi"), "obsid", "detect_stack_id", (*_STACK, "obsid", "obi")
    ),
    "observation_source": _Sweeps(
        ("obsid", "obi", "region_id"), "region_id", "obsid", ("obsid", "obi", "region_id")
    ),
    "detect_stack": _Sweeps(
        ("detect_stack_id", "obsid", "obi"), "obsid", "detect_stack_id",
        ("detect_stack_id", "obsid", "obi"),
    ),
    "valid_stack": _Sweeps((), "detect_stack_id", "detect_stack_id", ("detect_stack_id",)),
    "likely_stack": _Sweeps((), "detect_stack_id", "detect_stack_id", ("detect_stack_id",)),
    "image": _Sweeps((), "obsid", "obsid", ("obsid",)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be copied of one table."""

    table: str
    columns: tuple[str, ...]
    complete: bool
    key: tuple[str, ...]
    keys_by: str
    rows_by: str
    order: tuple[str, ...]

    @property
    def checked(self) -> tuple[str, ...]:
        """The columns by which two sweeps are compared."""
        return tuple(dict.fromkeys((*self.key, self.keys_by, self.rows_by)))


def asked_tables(tables: object, columns: object) -> dict[str, tuple[str, ...] | None]:
    """Read the arguments ``tables`` and ``columns``."""
    names = tuple(_SWEEPS) if tables == "all" else [tables] if isinstance(tables, str) else tables
    if not isinstance(names, Collection) or isinstance(names, Mapping):
        raise InputTypeError(f"tables is {tables!r}. Write tables=('master_source',).")
    wanted: dict[str, tuple[str, ...] | None] = {_table(name): None for name in names}
    if not wanted:
        raise InvalidQueryError("tables is empty. Write tables=('master_source',).")
    given = columns if isinstance(columns, Mapping) else {MASTER: columns}
    for name, value in given.items():
        table = _table(name)
        if table not in wanted:
            if value is None:
                continue
            raise InvalidQueryError(
                f"columns are given for {table}, which is not among the tables "
                f"{', '.join(wanted)}. Write columns={{'{next(iter(wanted))}': [...]}}."
            )
        wanted[table] = _names(value)
    return wanted


def _table(name: object) -> str:
    """Read the name of a table, with or without a schema."""
    if not isinstance(name, str):
        raise InputTypeError(f"A table name is a string, not {name!r}. Write 'master_source'.")
    bare = name.strip().lower().rpartition(".")[2]
    if bare not in _SWEEPS:
        raise InvalidQueryError(
            f"Table {name!r} cannot be copied.{did_you_mean(bare, _SWEEPS)} These can: "
            f"{', '.join(_SWEEPS)}; tables='all' copies all of them."
        )
    return bare


def _names(columns: object) -> tuple[str, ...] | None:
    """Read the columns of a table; None for all."""
    if columns is None:
        return None
    if isinstance(columns, str):
        columns = [columns]
    if not isinstance(columns, Collection) or not all(isinstance(name, str) for name in columns):
        raise InputTypeError(f"columns is {columns!r}. Write columns=['flux_aper_b'].")
    if not columns:
        raise InvalidQueryError("columns is empty. Leave it out for all columns.")
    found = [one for name in columns for one in NAMED_SETS.get(name, (name,))]
    return None if "*" in found else tuple(dict.fromkeys(found))


def plan(table: str, wanted: tuple[str, ...] | None, there: Sequence[str]) -> Plan:
    """Decide how a table is copied."""
    sweeps = _SWEEPS[table]
    if not sweeps.key and sweeps.rows_by not in there:
        sweeps = _Sweeps((), there[0], there[0], (there[0],))
    if sweeps.keys_by not in there:
        sweeps = replace(sweeps, keys_by=sweeps.rows_by)
    needed = [*sweeps.key, sweeps.keys_by, sweeps.rows_by, *sweeps.order]
    lower = {name.lower(): name for name in there}
    if wanted == DEFAULT_COLUMNS:
        wanted = tuple(name for name in wanted if name in lower)
    for name in (*needed, *(wanted or ())):
        if name.lower() not in lower:
            raise InvalidQueryError(
                f"Column {name!r} is not in {table} of this service.{did_you_mean(name, there)} "
                f"Csc.list_columns({table!r}, refresh=True) shows what there is."
            )
    kept = {name.lower() for name in (*needed, *(there if wanted is None else wanted))}
    columns = tuple(name for name in there if name.lower() in kept)
    complete = len(columns) == len(there)
    return Plan(table, columns, complete, sweeps.key, sweeps.keys_by, sweeps.rows_by, sweeps.order)
