"""What a kind file says once it is read: states, verbs, rows, datasets (docs/protocol §3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from portledger.domain.codes import Role
from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import abi_words, keccak
from portledger.domain.table import Rule

T = TypeVar("T")

NONE: Final = 0
"""The state of a record that does not exist; only creating rows stand in it."""
PROGRESS: Final = ("todo", "processing", "done", "cancelled")
"""未対応 処理中 完了 キャンセル: what a progress view shows of a state."""
RELATIONS: Final = ("issuer", "possessor", "endorsee", "offeree")
"""Readers that are named by their relation to the record instead of a business role."""
LEDGER_FIELDS: Final = ("ext:/chainId", "ext:/ledger")
"""Where every document names its ledger; always mandatory (docs/protocol §7, sole original)."""
REST: Final = ""
"""The path of the one field that takes what no other field names."""
EXTENSION: Final = "ext:"
"""Marks a path for which the outside standard has no place."""


@dataclass(frozen=True, slots=True)
class State:
    """One state. progress: one of PROGRESS; dcsa: what DCSA's interfaces call it, or empty."""

    name: str
    number: int
    progress: str
    final: bool
    title: Mapping[str, str]
    dcsa: str = ""


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. intent: the words that a wallet shows; detail: the members that its detail may hold, required: must."""

    name: str
    number: int
    intent: str
    title: Mapping[str, str]
    detail: tuple[str, ...]
    required: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A section of the document that is sealed and granted as one.

    fields: item name -> path: an RFC 6901 pointer into the outside standard's JSON; `ext:` + pointer where it has no
    place; empty = everything that no other field names. readers: business role or relation -> first state in which it
    may read.
    """

    name: str
    title: Mapping[str, str]
    fields: Mapping[str, str]
    readers: Mapping[str, str]
    attachments: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on the content, in CEL. needs: the datasets it reads; it is skipped where one of them is not open."""

    name: str
    cel: str
    needs: tuple[str, ...]
    title: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class KindFile:
    """One kind. rows: (state number, verb number) -> Rule; mandatory: pointers whose first token is the dataset."""

    number: int
    id: str
    title: Mapping[str, str]
    standard: str
    states: Mapping[str, State]
    verbs: Mapping[str, Verb]
    rows: Mapping[tuple[int, int], Rule]
    datasets: tuple[Dataset, ...]
    mandatory: tuple[str, ...]
    decimals: tuple[str, ...]
    checks: tuple[Check, ...]
    file_digest: bytes
    kind_digest: bytes
    uncefact: str = ""
    form: str = ""
    _states: Mapping[int, State] = field(default_factory=dict, repr=False)
    _verbs: Mapping[int, Verb] = field(default_factory=dict, repr=False)

    @property
    def family(self) -> int:
        """The high byte of the number; the document id is made with it, so variants share one number space."""
        return self.number >> 8

    def state(self, name: str) -> State:
        """Raises InvalidInput for a name that the kind does not have."""
        return _named(self.states, name, f"state of {self.id}")

    def verb(self, name: str) -> Verb:
        """Raises InvalidInput for a name that the kind does not have."""
        return _named(self.verbs, name, f"verb of {self.id}")

    def state_name(self, number: int) -> str:
        """ "NONE" for 0; the bare number for one that the kind does not have."""
        found = self._states.get(number)
        return found.name if found else "NONE" if number == NONE else str(number)

    def verb_name(self, number: int) -> str:
        """The bare number for one that the kind does not have."""
        found = self._verbs.get(number)
        return found.name if found else str(number)

    def rule(self, state: int, verb: int) -> Rule | None:
        return self.rows.get((state, verb))

    def intent(self, verb: int) -> str:
        """The words that a wallet shows. Raises InvalidInput for a verb that the kind does not have."""
        found = self._verbs.get(verb)
        if found is None:
            raise InvalidInput(f"verb of {self.id}", str(verb), ", ".join(map(str, self._verbs)))
        return found.intent

    def verbs_in(self, state: int) -> tuple[int, ...]:
        """The verbs that the kind lists in this state, ascending."""
        return tuple(sorted(verb for (at, verb) in self.rows if at == state))

    def progress(self, state: int) -> str:
        """One of PROGRESS; "todo" for a record that does not exist yet."""
        found = self._states.get(state)
        return found.progress if found else "todo"

    def final(self, state: int) -> bool:
        found = self._states.get(state)
        return bool(found and found.final)

    def dataset(self, name: str) -> Dataset:
        """Raises InvalidInput for a name that the kind does not have."""
        return _named({d.name: d for d in self.datasets}, name, f"dataset of {self.id}")

    def mandatory_in(self, dataset: str) -> tuple[str, ...]:
        """The pointers into this dataset's value that no presentation may hide."""
        prefix = f"/{dataset}/"
        return tuple("/" + pointer[len(prefix) :] for pointer in self.mandatory if pointer.startswith(prefix))

    def states_from(self, name: str) -> frozenset[int]:
        """The numbers of a state and of all that may follow it."""
        return closure({self.state(name).number}, edges(self.rows))

    def readers_of(self, dataset: str, state: int) -> tuple[str, ...]:
        """The business roles and relations that may read the dataset in this state, in the file's order."""
        readers = self.dataset(dataset).readers
        return tuple(reader for reader, first in readers.items() if state in self.states_from(first))

    def datasets_for(self, readers: Iterable[str], state: int) -> tuple[str, ...]:
        """The datasets that somebody who is any of these roles or relations may read in this state."""
        asked = set(readers)
        return tuple(d.name for d in self.datasets if asked & set(self.readers_of(d.name, state)))

    def define_arguments(self) -> tuple[int, bytes, list[int], list[int], list[int], list[bytes]]:
        """(kind, fileDigest, keys, words, verbs, intentHashes): what defineKind takes."""
        return self.number, self.file_digest, *upload(self.rows, self._verbs.values())


def _named(things: Mapping[str, T], name: str, what: str) -> T:
    found = things.get(name)
    if found is None:
        raise InvalidInput(what, name, ", ".join(things))
    return found


def edges(rows: Mapping[tuple[int, int], Rule]) -> dict[int, set[int]]:
    following: dict[int, set[int]] = {}
    for (state, _), rule in rows.items():
        following.setdefault(state, set()).add(rule.next)
    return following


def closure(start: set[int], following: Mapping[int, set[int]]) -> frozenset[int]:
    """Everything that can be reached from the start, the start included."""
    seen, waiting = set(start), list(start)
    while waiting:
        for reached in following.get(waiting.pop(), ()):
            if reached not in seen:
                seen.add(reached)
                waiting.append(reached)
    return frozenset(seen)


def upload(
    rows: Mapping[tuple[int, int], Rule], verbs: Iterable[Verb]
) -> tuple[list[int], list[int], list[int], list[bytes]]:
    ordered = sorted(rows)
    sorted_verbs = sorted(verbs, key=lambda verb: verb.number)
    return (
        [state << 8 | verb for state, verb in ordered],
        [rows[key].word() for key in ordered],
        [verb.number for verb in sorted_verbs],
        [keccak(verb.intent.encode()) for verb in sorted_verbs],
    )


def kind_digest(
    file_digest: bytes, keys: list[int], words: list[int], verbs: list[int], intent_hashes: list[bytes]
) -> bytes:
    """keccak256(abi.encode(fileDigest, keccak256(abi.encode(keys, words, verbs, intentHashes)))), as on the chain."""
    heads: list[int] = []
    tail = b""
    for values in (keys, words, verbs, intent_hashes):
        heads.append(4 * 32 + len(tail))
        tail += abi_words(len(values), *values)
    return keccak(file_digest, keccak(abi_words(*heads), tail))


@dataclass(frozen=True, slots=True)
class RoleFile:
    """One business role of protocol/roles.toml."""

    name: str
    bit: int
    title: Mapping[str, str]

    @property
    def mask(self) -> Role:
        return Role(1 << self.bit)
