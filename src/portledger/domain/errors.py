"""Every error of portledger that a user may meet, in one tree.

An error says three things in plain English: what was `found`, what would have been `allowed`, and the `remedy`.
A class's docstring is the one line *why*, its REMEDY the one line *what to do*: docs/protocol/errors.md is drawn from
them. `LedgerError` and its leaves are the twins of the contract's errors (docs/protocol §12): same names, same
parameters in the same order, snake_case here and camelCase there.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, ClassVar

from portledger.domain.codes import BadKindWhy, Inactive, Parameter, Power, Role, Scope, Who


class PortledgerError(Exception):
    """Something that portledger expects to go wrong did go wrong."""

    REMEDY: ClassVar[str] = ""
    at_step: str | None = None
    """The numbered check that refused, where the gateway named it ("12 previous")."""

    @property
    def code(self) -> str:
        """The class name; stable, and part of the API."""
        return type(self).__name__

    @property
    def found(self) -> str:
        return ""

    @property
    def allowed(self) -> str:
        return ""

    @property
    def remedy(self) -> str:
        return self.REMEDY

    def parameters(self) -> dict[str, Any]:
        """The error's own values by camelCase name, as JSON takes them."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """{code, found, allowed, remedy, parameters}: what the API's problem details and `--json` show."""
        return {
            "code": self.code,
            "found": self.found,
            "allowed": self.allowed,
            "remedy": self.remedy,
            "parameters": self.parameters(),
        }

    def __str__(self) -> str:
        return f"{self.code}: found {self.found}; allowed: {self.allowed}. {self.remedy}"


class InvalidInput(PortledgerError):
    """A value is malformed, too long or of the wrong type."""

    REMEDY: ClassVar[str] = "Correct the value that is named."

    def __init__(self, where: str, found: str, allowed: str, remedy: str = "") -> None:
        """where: a JSON path, or file and row."""
        super().__init__(where, found, allowed, remedy)
        self.where, self._found, self._allowed, self._remedy = where, found, allowed, remedy or self.REMEDY

    @property
    def found(self) -> str:
        return self._found

    @property
    def allowed(self) -> str:
        return self._allowed

    @property
    def remedy(self) -> str:
        return self._remedy

    def parameters(self) -> dict[str, Any]:
        return {"where": self.where}

    def __str__(self) -> str:
        return f"{self.where}: found {self.found}; allowed: {self.allowed}. {self.remedy}"


class KindError(InvalidInput):
    """A kind file breaks a rule of docs/protocol §3."""

    REMEDY: ClassVar[str] = "Put there what is allowed; `portledger kind lint` lists every finding."


def hex_of(value: object) -> object:
    """Bytes as the API writes them: 64 hex for digests, 0x and 40 hex for addresses; anything else unchanged."""
    if not isinstance(value, bytes):
        return value
    return "0x" + value.hex() if len(value) == 20 else value.hex()


def moment(seconds: int) -> str:
    """Unix seconds as ISO 8601 in UTC; what lies beyond year 9999 stays a number."""
    if not 0 <= seconds < 253_402_300_800:
        return str(seconds)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _words(mask: int, of: type[Who] | type[Scope]) -> str:
    names = [str(bit.name).lower().replace("_", " ") for bit in of if bit & mask]
    return " or ".join(names) or f"bit mask {mask}"


def _by_number(texts: dict[int, str], number: int) -> str:
    return texts.get(number, f"reason {number}")


@dataclass(eq=False, kw_only=True)
class LedgerError(PortledgerError):
    """The ledger refuses an act; the leaves say why."""

    TYPES: ClassVar[str] = ""
    """The ABI types of the parameters, in the order of the dataclass fields."""

    def parameters(self) -> dict[str, Any]:
        return {_camel(name): hex_of(value) for name, value in self.values().items()}

    def values(self) -> dict[str, Any]:
        """The parameters by snake_case name, in the ABI's order."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def signature(cls) -> str:
        """What the 4-byte selector is the hash of: "StalePrevious(bytes32,bytes32,bytes32)"."""
        return f"{cls.__name__}({cls.TYPES})"

    @classmethod
    def parameter_names(cls) -> list[str]:
        """The fields' names, in the ABI's order."""
        return [field.name for field in fields(cls)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LedgerError) and type(self) is type(other) and self.values() == other.values()

    def __hash__(self) -> int:
        return hash((type(self), *self.values().values()))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.values())


def _rebuild(kind: type[LedgerError], values: dict[str, Any]) -> LedgerError:
    return kind(**values)


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


@dataclass(eq=False, kw_only=True)
class Expired(LedgerError):
    """The deadline of the signed act has passed."""

    REMEDY: ClassVar[str] = "Sign the act again with a later deadline."
    TYPES: ClassVar[str] = "uint40,uint256"
    deadline: int
    time: int

    @property
    def found(self) -> str:
        return f"deadline {moment(self.deadline)}"

    @property
    def allowed(self) -> str:
        return f"{moment(self.time)} (the block's time) or later"


@dataclass(eq=False, kw_only=True)
class DeadlineTooFar(LedgerError):
    """The deadline lies more than 30 days ahead; a signature that was given away must die by itself."""

    REMEDY: ClassVar[str] = "Sign the act again with an earlier deadline; 24 hours is usual."
    TYPES: ClassVar[str] = "uint40,uint256"
    deadline: int
    latest: int

    @property
    def found(self) -> str:
        return f"deadline {moment(self.deadline)}"

    @property
    def allowed(self) -> str:
        return f"{moment(self.latest)} at the latest"


@dataclass(eq=False, kw_only=True)
class KindUnknown(LedgerError):
    """No kind with this number has been defined on the ledger."""

    REMEDY: ClassVar[str] = "Use a kind that the ledger lists, or let the governor define this one."
    TYPES: ClassVar[str] = "uint16"
    kind: int

    @property
    def found(self) -> str:
        return f"kind 0x{self.kind:04x}"

    @property
    def allowed(self) -> str:
        return "a kind that the governor has defined"


@dataclass(eq=False, kw_only=True)
class KindMismatch(LedgerError):
    """The act names another kind than the record was created with; a record's kind never changes."""

    REMEDY: ClassVar[str] = "Sign the act with the record's own kind."
    TYPES: ClassVar[str] = "uint16,uint16"
    given: int
    recorded: int

    @property
    def found(self) -> str:
        return f"kind 0x{self.given:04x}"

    @property
    def allowed(self) -> str:
        return f"kind 0x{self.recorded:04x}, the record's"


@dataclass(eq=False, kw_only=True)
class NoRecord(LedgerError):
    """The ledger has no live record under this document id."""

    REMEDY: ClassVar[str] = "Check the document id, the ledger's address and the chain."
    TYPES: ClassVar[str] = "bytes32"
    document: bytes

    @property
    def found(self) -> str:
        return f"no live record of document {self.document.hex()}"

    @property
    def allowed(self) -> str:
        return "a document that was created on this ledger and has not ended"


@dataclass(eq=False, kw_only=True)
class NoRule(LedgerError):
    """The kind has no row for this verb in the record's present state."""

    REMEDY: ClassVar[str] = "Look up the record's present state and choose a verb that the kind lists there."
    TYPES: ClassVar[str] = "uint16,uint8,uint8"
    kind: int
    state: int
    verb: int

    @property
    def found(self) -> str:
        return f"verb {self.verb} in state {self.state} of kind 0x{self.kind:04x}"

    @property
    def allowed(self) -> str:
        return "the verbs that the kind's table lists for this state"


@dataclass(eq=False, kw_only=True)
class RecordFrozen(LedgerError):
    """The guardian has frozen the record; a freeze moves nothing and ends by itself."""

    REMEDY: ClassVar[str] = "Wait until the freeze ends or is lifted, then sign again on the record's new head."
    TYPES: ClassVar[str] = "bytes32,uint40"
    document: bytes
    until: int

    @property
    def found(self) -> str:
        return f"document {self.document.hex()} frozen until {moment(self.until)}"

    @property
    def allowed(self) -> str:
        return "notes while frozen, every act afterwards"


@dataclass(eq=False, kw_only=True)
class WrongDocumentId(LedgerError):
    """A creating act's document id must follow from family, acting party and reference."""

    REMEDY: ClassVar[str] = "Compute the id from the kind's family, the acting party and the reference."
    TYPES: ClassVar[str] = "bytes32,bytes32"
    given: bytes
    expected: bytes

    @property
    def found(self) -> str:
        return f"document {self.given.hex()}"

    @property
    def allowed(self) -> str:
        return f"document {self.expected.hex()}"


@dataclass(eq=False, kw_only=True)
class PartyInactive(LedgerError):
    """A party that acts or is named is not registered (1), suspended (2) or locked (3)."""

    REMEDY: ClassVar[str] = "Have the party registered, reinstated or unlocked first, or name another one."
    TYPES: ClassVar[str] = "uint32,uint8"
    party: int
    why: int

    @property
    def found(self) -> str:
        states = {
            Inactive.NOT_REGISTERED: "is not registered",
            Inactive.SUSPENDED: "is suspended",
            Inactive.LOCKED: "has locked itself",
        }
        return f"party {self.party} " + _by_number({int(k): text for k, text in states.items()}, self.why)

    @property
    def allowed(self) -> str:
        return "a party that is registered, not suspended and not locked"


@dataclass(eq=False, kw_only=True)
class EpochPassed(LedgerError):
    """The party has raised its epoch since: every signature made before is dead."""

    REMEDY: ClassVar[str] = "Sign the act again with the party's current epoch."
    TYPES: ClassVar[str] = "uint32,uint32,uint32"
    party: int
    given: int
    current: int

    @property
    def found(self) -> str:
        return f"epoch {self.given} of party {self.party}"

    @property
    def allowed(self) -> str:
        return f"epoch {self.current}"


@dataclass(eq=False, kw_only=True)
class RoleMissing(LedgerError):
    """The party has none of the business roles that the row asks for."""

    REMEDY: ClassVar[str] = "Act as a party with that role, or have the registrar give the role."
    TYPES: ClassVar[str] = "uint32,uint64"
    party: int
    needed: int

    @property
    def found(self) -> str:
        return f"party {self.party} without such a role"

    @property
    def allowed(self) -> str:
        return " or ".join(Role(self.needed & ((1 << 19) - 1)).names()) or f"role mask {self.needed}"


@dataclass(eq=False, kw_only=True)
class NotAllowed(LedgerError):
    """The acting party does not stand to the record as the row demands."""

    REMEDY: ClassVar[str] = "Look up who issued, possesses and is endorsee; only the one under allowed can do this."
    TYPES: ClassVar[str] = "uint32,uint16"
    actor: int
    who: int

    @property
    def found(self) -> str:
        return f"party {self.actor}"

    @property
    def allowed(self) -> str:
        return f"the record's {_words(self.who, Who)}"


_PARAMETER_TEXTS: dict[int, str] = {
    Parameter.TERMS: "terms",
    Parameter.COUNTERPARTY: "counterparty",
    Parameter.ENDORSEE: "endorsee",
    Parameter.CONTENT: "content digest",
    Parameter.REFERENCE: "document reference",
    Parameter.DETAIL: "detail digest",
    Parameter.QUANTITY: "quantity",
}


@dataclass(eq=False, kw_only=True)
class BadParameter(LedgerError):
    """A parameter of the act is not what the row's mode demands (0 terms to 6 quantity; 16 and up: the registry's)."""

    REMEDY: ClassVar[str] = "Sign the act again with the value that the row demands; the kind's page lists the modes."
    TYPES: ClassVar[str] = "uint8,uint256,uint256"
    parameter: int
    found_value: int
    allowed_value: int

    def values(self) -> dict[str, Any]:
        return {"parameter": self.parameter, "found": self.found_value, "allowed": self.allowed_value}

    def __init__(self, *, parameter: int, found: int, allowed: int) -> None:
        self.parameter, self.found_value, self.allowed_value = parameter, found, allowed

    @classmethod
    def parameter_names(cls) -> list[str]:
        return ["parameter", "found", "allowed"]

    @property
    def name(self) -> str:
        return _PARAMETER_TEXTS.get(self.parameter, f"parameter {self.parameter}")

    @property
    def found(self) -> str:
        return f"{self.name} = {self.found_value}"

    @property
    def allowed(self) -> str:
        return f"{self.name} = {self.allowed_value} (or as the row's mode says)"


@dataclass(eq=False, kw_only=True)
class StalePrevious(LedgerError):
    """The record's head moved on: something happened to the document after this act was prepared."""

    REMEDY: ClassVar[str] = "Read what happened, decide anew, and sign again on the head named under allowed."
    TYPES: ClassVar[str] = "bytes32,bytes32,bytes32"
    document: bytes
    given: bytes
    head: bytes

    @property
    def found(self) -> str:
        return f"previous {self.given.hex()}"

    @property
    def allowed(self) -> str:
        return f"{self.head.hex()}, the head of document {self.document.hex()}"


@dataclass(eq=False, kw_only=True)
class SignaturesRefused(LedgerError):
    """The signatures are malformed, out of order, not of the party's accounts, or too few."""

    REMEDY: ClassVar[str] = "Sign with the party's active accounts: 65 bytes each, low s, ascending by address."
    TYPES: ClassVar[str] = "uint32,uint256,uint256"
    party: int
    given: int
    needed: int

    @property
    def found(self) -> str:
        return f"{self.given} for party {self.party}"

    @property
    def allowed(self) -> str:
        return f"{self.needed} valid signatures of the party's accounts"


@dataclass(eq=False, kw_only=True)
class ScopeMissing(LedgerError):
    """The account may not sign acts of this class."""

    REMEDY: ClassVar[str] = "Sign with an account of the party whose scope covers the class."
    TYPES: ClassVar[str] = "address,uint8,uint8"
    account: bytes
    scope: int
    needed: int

    @property
    def found(self) -> str:
        return f"account 0x{self.account.hex()} with scope {_words(self.scope, Scope)}"

    @property
    def allowed(self) -> str:
        return f"scope {_words(self.needed, Scope)}"


@dataclass(eq=False, kw_only=True)
class NumberTaken(LedgerError):
    """The number already lives on the ledger, under this issuer or certifier."""

    REMEDY: ClassVar[str] = "Use a number that was not used before; a number belongs to one document for ever."
    TYPES: ClassVar[str] = "bytes32,bytes32"
    claim: bytes
    document: bytes

    @property
    def found(self) -> str:
        return f"claim {self.claim.hex()} of document {self.document.hex()}"

    @property
    def allowed(self) -> str:
        return "a number that no document holds"


@dataclass(eq=False, kw_only=True)
class NoteRepeated(LedgerError):
    """The same signed note counts once."""

    REMEDY: ClassVar[str] = "Nothing to do, the note is on the ledger; to repeat it, sign another deadline."
    TYPES: ClassVar[str] = "bytes32"
    digest: bytes

    @property
    def found(self) -> str:
        return f"note {self.digest.hex()}, applied before"

    @property
    def allowed(self) -> str:
        return "a note that was not applied before"


_COUNTERS: dict[int, str] = {0: "version", 1: "sequence"}


@dataclass(eq=False, kw_only=True)
class CounterFull(LedgerError):
    """The record's version (0) or sequence (1) counter is at its end."""

    REMEDY: ClassVar[str] = "End the document and create its successor under a new number."
    TYPES: ClassVar[str] = "bytes32,uint8"
    document: bytes
    counter: int

    @property
    def found(self) -> str:
        return f"{_by_number(_COUNTERS, self.counter)} of document {self.document.hex()} is full"

    @property
    def allowed(self) -> str:
        return "65,535 versions and 16,777,215 acts"


@dataclass(eq=False, kw_only=True)
class KindSealed(LedgerError):
    """A kind is defined once and never changes."""

    REMEDY: ClassVar[str] = "Define the changed table as a new variant with a number of its own."
    TYPES: ClassVar[str] = "uint16"
    kind: int

    @property
    def found(self) -> str:
        return f"kind 0x{self.kind:04x}, defined before"

    @property
    def allowed(self) -> str:
        return "a kind number that is not defined yet"


_BAD_KIND: dict[int, str] = {
    BadKindWhy.ORDER: "the keys do not ascend strictly, or keys and words differ in number",
    BadKindWhy.VERBS: "the verbs do not ascend strictly, or a row's verb has no intent",
    BadKindWhy.BITS: "a word has unknown bits",
    BadKindWhy.CREATE_STATE: "a creating row stands outside state 0, or another row in it",
    BadKindWhy.NEXT: "the next state is 0 or above 63",
    BadKindWhy.NOTE: "a note row has effects or changes the state",
    BadKindWhy.WHO: "who is 0, or asks for a role and names none",
    BadKindWhy.CONTENT: "content, effects and reference contradict each other",
    BadKindWhy.MODE: "a mode is above those listed",
    BadKindWhy.CLASS: "the class is not 1, 2, 4 or 8",
}


@dataclass(eq=False, kw_only=True)
class BadKind(LedgerError):
    """An uploaded table breaks a rule of docs/protocol §3; `why` says which, `key` where."""

    REMEDY: ClassVar[str] = "Correct the kind file; `portledger kind lint` names file, row and remedy."
    TYPES: ClassVar[str] = "uint256,uint8"
    key: int
    why: int

    @property
    def found(self) -> str:
        return f"state {self.key >> 8}, verb {self.key & 0xFF}: {_by_number(_BAD_KIND, self.why)}"

    @property
    def allowed(self) -> str:
        return "a table that keeps every rule of docs/protocol §3"


@dataclass(eq=False, kw_only=True)
class AccountTaken(LedgerError):
    """An account belongs to one party for ever, also after its removal."""

    REMEDY: ClassVar[str] = "Make a new account."
    TYPES: ClassVar[str] = "address"
    account: bytes

    @property
    def found(self) -> str:
        return f"account 0x{self.account.hex()}, used before"

    @property
    def allowed(self) -> str:
        return "an account that was never a party's"


@dataclass(eq=False, kw_only=True)
class BadConsent(LedgerError):
    """The new account did not sign its consent to exactly this registration or change."""

    REMEDY: ClassVar[str] = "Let the new account sign the consent for this party, scope and registration."
    TYPES: ClassVar[str] = "address"
    account: bytes

    @property
    def found(self) -> str:
        return f"no consent of account 0x{self.account.hex()}"

    @property
    def allowed(self) -> str:
        return "the consent signed by the account itself"


@dataclass(eq=False, kw_only=True)
class ChangeOpen(LedgerError):
    """A change of the same kind, from the same source, is still open for this party."""

    REMEDY: ClassVar[str] = "Wait until it is enacted, vetoed or lapsed."
    TYPES: ClassVar[str] = "bytes32,uint40"
    change_id: bytes
    until: int

    @property
    def found(self) -> str:
        return f"change {self.change_id.hex()}, open until {moment(self.until)}"

    @property
    def allowed(self) -> str:
        return "one open change per party, source and matter"


@dataclass(eq=False, kw_only=True)
class NotReady(LedgerError):
    """The change is not open: its delay has not passed, it has lapsed, or it does not exist."""

    REMEDY: ClassVar[str] = "Enact within 14 days after the moment under allowed; propose a lapsed change again."
    TYPES: ClassVar[str] = "uint40"
    ready_at: int

    @property
    def found(self) -> str:
        return "a change that cannot be enacted now"

    @property
    def allowed(self) -> str:
        return f"from {moment(self.ready_at)}, for 14 days" if self.ready_at else "an open change"


@dataclass(eq=False, kw_only=True)
class NotVetoable(LedgerError):
    """This change cannot be vetoed: it is unknown, over, ordered by the governor, or takes nothing away."""

    REMEDY: ClassVar[str] = "Turn to the governor; or it is over already."
    TYPES: ClassVar[str] = "bytes32"
    change_id: bytes

    @property
    def found(self) -> str:
        return f"change {self.change_id.hex()}"

    @property
    def allowed(self) -> str:
        return "an open change that its party may veto"


@dataclass(eq=False, kw_only=True)
class PowerMissing(LedgerError):
    """Only the holder of one of the consortium's powers may do this."""

    REMEDY: ClassVar[str] = "Send it from the account that holds the power."
    TYPES: ClassVar[str] = "uint8,address"
    power: int
    sender: bytes

    @property
    def found(self) -> str:
        return f"sender 0x{self.sender.hex()}"

    @property
    def allowed(self) -> str:
        return f"the {_by_number({int(power): power.name.lower() for power in Power}, self.power)}"


@dataclass(eq=False, kw_only=True)
class TooLong(LedgerError):
    """A list or a time span is longer than the protocol allows."""

    REMEDY: ClassVar[str] = "Shorten it to what is allowed."
    TYPES: ClassVar[str] = "uint256,uint256"
    found_value: int
    allowed_value: int

    def values(self) -> dict[str, Any]:
        return {"found": self.found_value, "allowed": self.allowed_value}

    def __init__(self, *, found: int, allowed: int) -> None:
        self.found_value, self.allowed_value = found, allowed

    @classmethod
    def parameter_names(cls) -> list[str]:
        return ["found", "allowed"]

    @property
    def found(self) -> str:
        return str(self.found_value)

    @property
    def allowed(self) -> str:
        return f"{self.allowed_value} at most"


BY_NAME: dict[str, type[LedgerError]] = {leaf.__name__: leaf for leaf in LedgerError.__subclasses__()}
"""The contract's errors by name."""
