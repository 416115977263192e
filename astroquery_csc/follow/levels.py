# Licensed under a 3-clause BSD style license - see LICENSE
"""
The levels of the catalogue below the masters, and the join that ties them together.

Pure: arguments become columns, conditions and ADQL. The join is the one that every tool uses:
commas, and conditions in parentheses; or ``JOIN … ON``, which the archive is said to refuse.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from astroquery.exceptions import InputWarning

from astroquery_csc.adql.read import ColumnLookup
from astroquery_csc.adql.speech import Speech, Term, written
from astroquery_csc.adql.write import filter_condition, guess_column, is_word
from astroquery_csc.catalogue import schema
from astroquery_csc.catalogue.ciao import CIAO_SETS, ciao_set
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.catalogue.suggest import did_you_mean
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, warn
from astroquery_csc.search.arguments import column_words

__all__ = [
    "LEVELS",
    "LINKS",
    "QUALITY",
    "TABLES",
    "Level",
    "Output",
    "Reader",
    "aliases_of",
    "get_level",
    "select",
]

TABLES = {
    "m": "master_source",
    "a": "master_stack_assoc",
    "s": "stack_source",
    "b": "stack_observation_assoc",
    "o": "observation_source",
}
#: What stands before the column of another level in a result.
_PREFIXES = {"m": "master_", "s": "stack_", "o": "obs_"}
#: Two tables that follow each other, and the columns that tie them together.
LINKS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("m", "a"): ("name",),
    ("a", "s"): ("detect_stack_id", "region_id"),
    ("s", "b"): ("detect_stack_id", "region_id"),
    ("b", "o"): ("obsid", "obi", "region_id"),
}
_JOINS = {
    "a": "(m.name = a.name)",
    "s": "(s.detect_stack_id = a.detect_stack_id AND s.region_id = a.region_id)",
    "b": "(s.detect_stack_id = b.detect_stack_id AND s.region_id = b.region_id)",
    "o": "(o.obsid = b.obsid AND o.obi = b.obi AND o.region_id = b.region_id)",
}

_FLUX = tuple(f"flux_aper{end}_{band}" for band in "bw" for end in ("", "_lolim", "_hilim"))
_CODES = ("conf_code", "edge_code", "extent_code", "multi_chip_code")
_FLAGS = ("dither_warning_flag", "sat_src_flag", "streak_src_flag")

#: What says how far one observation of a source is to be trusted.
QUALITY = (*_CODES, "var_code", *_FLAGS, "pileup_warning")


@dataclass(frozen=True, slots=True)
class Level:
    """One level of detections."""

    name: str
    alias: str
    keys: Mapping[str, str]
    default: tuple[str, ...]

    @property
    def table(self) -> str:
        """Bare name of its table."""
        return TABLES[self.alias]


LEVELS: Mapping[str, Level] = {
    level.name: level
    for level in (
        Level(
            "observation",
            "o",
            {"name": "m", "detect_stack_id": "a", "region_id": "o", "obsid": "o", "obi": "o"},
            (
                "instrument",
                "gti_mjd_obs",
                "livetime",
                "theta",
                *_FLUX,
                *QUALITY,
            ),
        ),
        Level(
            "stack",
            "s",
            {"name": "m", "detect_stack_id": "a", "region_id": "s"},
            (
                "instrument",
                "ra",
                "dec",
                "err_ellipse_r0",
                "err_ellipse_r1",
                "err_ellipse_ang",
                "likelihood_class",
                "livetime",
                "theta_mean",
                *_FLUX,
                *_CODES,
                "var_flag",
                *_FLAGS,
                "pileup_flag",
            ),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Output:
    """One column of a result and where it is from."""

    alias: str
    column: str
    name: str

    @property
    def table(self) -> str:
        """Bare name of its table."""
        return TABLES[self.alias]

    @property
    def adql(self) -> str:
        """The expression in the SELECT."""
        text = f"{self.alias}.{self.column}"
        return text if self.name == self.column else f"{text} AS {self.name}"


def get_level(name: object) -> Level:
    """Find a level by its name."""
    if not isinstance(name, str):
        raise InputTypeError(f"level is {name!r}; expected {' or '.join(map(repr, LEVELS))}.")
    if name not in LEVELS:
        way_on = " query_criteria and query_object give masters." if name == "master" else ""
        raise InvalidQueryError(
            f"Level {name!r} is not known.{did_you_mean(name, LEVELS)} Known: "
            f"{', '.join(LEVELS)}.{way_on}"
        )
    return LEVELS[name]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads columns and filters of one level."""

    level: Level
    release: Release
    ask: ColumnLookup

    def outputs(self, columns: object = None) -> tuple[Output, ...]:
        """Read ``columns``."""
        found = [Output(alias, key, key) for key, alias in self.level.keys.items()]
        found.append(Output("a", "match_type", "match_type"))
        if columns is None:
            own = self.existing(self.level.default)
            found.extend(Output(self.level.alias, name, name) for name in own)
        else:
            for word in _words(columns):
                found.extend(self._set(word.strip()) or self._read(word.strip()))
        unique = {output.name: output for output in reversed(found)}
        return tuple(dict.fromkeys(unique[output.name] for output in found))

    def existing(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Leave out columns, which nobody typed, that the service does not have, with a warning."""
        told = self.ask(self.level.table)
        if not told:
            return names
        lacking = [name for name in names if name not in told]
        if lacking:
            warn(
                f"The service does not have the column{'s' * (len(lacking) > 1)} "
                f"{', '.join(lacking)} of {self.level.table}: left out.",
                InputWarning,
            )
        return tuple(name for name in names if name in told)

    def _set(self, word: str) -> list[Output]:
        """Read the name of a set of columns; nothing where it is not one."""
        if word.upper() in CIAO_SETS:
            return self._ciao_set(word.upper())
        if word not in schema.NAMED_SETS:
            return []
        sets = schema.LEVEL_SETS[self.level.name]
        if word not in sets:
            raise InvalidQueryError(
                f"There is no set {word!r} of columns of {self.level.name}s; there are "
                f"{', '.join(map(repr, sets))}. For positions of masters: 'm.ra', 'm.dec'."
            )
        return [Output(self.level.alias, name, name) for name in self.existing(sets[word])]

    def _ciao_set(self, word: str) -> list[Output]:
        """Read a set of CIAO's; its columns of masters are named as everywhere."""
        if word.startswith("M"):
            raise InvalidQueryError(
                f"{word} is CIAO's {CIAO_SETS[word]}. Write it in query_region, query_object or "
                f"query_criteria; for {self.level.name}s: {self._sets_of_ciao()}."
            )
        if word.startswith("SS") != (self.level.alias == "s"):
            raise InvalidQueryError(
                f"{word} is CIAO's {CIAO_SETS[word]}, but a row is of a {self.level.name}. Write "
                f"{self._sets_of_ciao()}, or level="
                f"{'stack' if word.startswith('SS') else 'observation'!r}."
            )
        pairs = [column.split(".") for column in ciao_set(word, self.release.name)]
        own = self.existing(tuple(name for alias, name in pairs if alias == self.level.alias))
        kept = [(alias, name) for alias, name in pairs if alias == "m" or name in own]
        return [
            Output(alias, name, self._name(alias, name))
            for alias, name in kept
            if name not in self.level.keys
        ]

    def _sets_of_ciao(self) -> str:
        """List CIAO's sets for this level."""
        start = "SS" if self.level.alias == "s" else "SO"
        return ", ".join(repr(name) for name in CIAO_SETS if name.startswith(start))

    def _read(self, word: str) -> list[Output]:
        """Read one word of ``columns``."""
        alias, name = self._split(word)
        if name == "*":
            return [
                Output(alias, one, self._name(alias, one)) for one in sorted_columns(self, alias)
            ]
        if name in self.level.keys or name == "match_type":
            return []
        self._check(alias, name)
        return [Output(alias, name, self._name(alias, name))]

    def _name(self, alias: str, name: str) -> str:
        """Name a column in the result."""
        return name if alias == self.level.alias else _PREFIXES[alias] + name

    def _split(self, word: str) -> tuple[str, str]:
        """Split ``"m.ra"`` into the alias of a level and a column, in the catalogue's case."""
        alias, dot, name = word.partition(".")
        if not dot:
            return self.level.alias, self._in_case(self.level.alias, word)
        alias = alias.lower()
        if alias not in _PREFIXES:
            raise InvalidQueryError(
                f"Column {word!r} is of no level. Write 'm.{name}' for masters, 's.{name}' for "
                f"stacks, 'o.{name}' for observations."
            )
        if alias == "o" and self.level.alias == "s":
            raise InvalidQueryError(
                f"Column {word!r} has a value in each observation, but a row is one detection in "
                "a stack. Use level='observation', and 's.x' for columns of the stack."
            )
        return alias, self._in_case(alias, name)

    def _in_case(self, alias: str, name: str) -> str:
        """Write a name as the catalogue does where only its case differs."""
        lower = name.lower()
        if lower in self.level.keys or lower == "match_type":
            return lower
        info = schema.get_tables(self.release.name)[TABLES[alias]]
        if name in info.columns or lower in info.columns:
            return name if name in info.columns else lower
        told = None if info.complete else self.ask(TABLES[alias])
        return next((one for one in told or () if one.lower() == lower), name)

    def _check(self, alias: str, name: str) -> None:
        """Refuse a column that a table does not have, as far as that can be known."""
        info = schema.get_tables(self.release.name)[TABLES[alias]]
        if name in info.columns:
            return
        told = None if info.complete else self.ask(TABLES[alias])
        if told is not None and name in told:
            return
        if told is None and not info.complete and is_word(name):
            return
        choices = [*info.columns, *(told or ())]
        raise InvalidQueryError(
            f"Column {name!r} is not in {TABLES[alias]} of release {self.release.name}."
            f"{did_you_mean(name, choices)}{self._elsewhere(name)} "
            f"Csc.list_columns({TABLES[alias]!r}) shows what there is.",
            release=self.release.name,
        )

    def _elsewhere(self, name: str) -> str:
        """Say in which other level a column is."""
        known = schema.get_tables(self.release.name)
        found = [f"'{alias}.{name}'" for alias in _PREFIXES if name in known[TABLES[alias]].columns]
        return f" Of another level: {' or '.join(found)}." if found else ""

    def conditions(self, filters: object) -> list[Term]:
        """Read ``column_filters``."""
        if filters is None:
            return []
        if not isinstance(filters, Mapping):
            raise InputTypeError(
                f"column_filters is {filters!r}; expected a dict: {{'theta': (None, 5)}}."
            )
        return [self._condition(word, wanted) for word, wanted in filters.items()]

    def _condition(self, word: object, wanted: object) -> Term:
        """Write one entry of ``column_filters``."""
        if not isinstance(word, str):
            raise InputTypeError(f"A column name is a string, not {word!r}.")
        word = word.strip()
        if word.lower() in ("name", "match_type"):
            argument = "names" if word.lower() == "name" else "match_type"
            raise InvalidQueryError(
                f"column_filters has {word!r}, which is an argument: {argument}={wanted!r}."
            )
        alias, name = self._split(word)
        if word.lower() in self.level.keys:
            alias = self.level.keys[name]
        else:
            self._check(alias, name)
        table = TABLES[alias]
        known = schema.find_column(self.release.name, name, table)
        column = known or guess_column(name, wanted, table=table)
        return filter_condition(column, wanted, alias=alias)


def sorted_columns(reader: Reader, alias: str) -> list[str]:
    """List the columns of a table of the join: the dictionary's, then the service's others."""
    info = schema.get_tables(reader.release.name)[TABLES[alias]]
    told = None if info.complete else reader.ask(TABLES[alias])
    if not told:
        return list(info.columns)
    return [name for name in info.columns if name in told] + sorted(set(told) - set(info.columns))


def _words(columns: object) -> Sequence[str]:
    """Read the form of ``columns``."""
    words = column_words(columns, ())
    if words is None:
        raise InputTypeError(
            f"columns is {columns!r}; expected column names: ['theta', 'flux_aper_b', 'm.ra']."
        )
    if not len(words):
        raise InvalidQueryError("columns is empty. Name at least one, or leave it out.")
    return words


def aliases_of(level: Level, *, obs: bool) -> list[str]:
    """List the tables that a level's join needs, from the masters on."""
    aliases = ["m", "a", "s"]
    if obs or level.alias == "o":
        aliases.append("b")
    if level.alias == "o":
        aliases.append("o")
    return aliases


def select(
    release: Release,
    level: Level,
    outputs: Sequence[Output],
    where: Iterable[Term],
    *,
    obs: bool,
    speech: Speech,
) -> str:
    """Write the join of a level as a server takes it."""
    aliases = aliases_of(level, obs=obs)
    names = [f"{release.schema}.{TABLES[alias]} {alias}" for alias in aliases]
    joins = [_JOINS[alias] for alias in aliases if alias in _JOINS]
    conditions = [f"({condition})" for condition in written(where, speech)]
    columns = ", ".join(output.adql for output in outputs)
    if speech.joins == "on":
        pairs = zip(names[1:], joins, strict=True)
        tables = " JOIN ".join([names[0], *(f"{name} ON {join}" for name, join in pairs)])
    else:
        tables, conditions = ", ".join(names), [*joins, *conditions]
    text = f"SELECT {columns} FROM {tables}"
    return text + (" WHERE " + " AND ".join(conditions) if conditions else "")
