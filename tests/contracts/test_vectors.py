"""The shared vectors (protocol/vectors), written by code that shares nothing with ours, run on the contract itself.

For typed data the contract's code stands at the address that a vector names, on a chain of the vector's id, and its
storage is set so that only the signature decides; what it then accepts, it has hashed as eth-account hashed it.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from tests.contracts.twin import (
    ANYBODY,
    CONTENT,
    DETAIL,
    GOVERNOR,
    GUARDIAN,
    PARTY_ACTION,
    REGISTRAR,
    Twin,
    bytecode,
    call,
    hexed,
)

from portledger import resources
from portledger.chain import events
from portledger.chain.artifacts import ledger_artifact
from portledger.chain.encoding import execute_batch
from portledger.domain.actions import Action, Domain, PartyAction, SignedAction, document_id
from portledger.domain.codes import DAY, FULL_SCOPE, ZERO, PartyAct, Source
from portledger.domain.errors import WrongDocumentId
from portledger.domain.events import ActionApplied, ActionRefused, Frozen, NoteApplied, PartyChanged, Unfrozen
from portledger.domain.hashing import keccak
from portledger.domain.parties import Account, Party
from portledger.domain.records import FROZEN
from portledger.domain.signatures import address_of, join

SNAPSHOT = Path(__file__).parents[2] / "contracts" / "snapshots" / "storage.json"
SLOTS = {row["label"]: row["slot"] for row in json.loads(SNAPSHOT.read_text()) if "label" in row}


def vectors(name: str) -> Any:
    return json.loads(resources.read(f"vectors/{name}.json"))


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


KINDS = vectors("kinds")["kinds"]
IDS = vectors("document_ids")["cases"]
TYPED = vectors("typed_data")
HEADS = vectors("heads")
LOGS = vectors("party_logs")
SIGNER, KEY = raw(TYPED["signer"]), raw(TYPED["key"])


def cases(primary: str) -> list[Any]:
    found = [case for case in TYPED["cases"] if case["primaryType"] == primary]
    assert found
    return found


def domain_of(case: dict[str, Any]) -> Domain:
    return Domain(case["domain"]["chainId"], raw(case["domain"]["ledger"]), raw(case["domain"]["salt"]))


# ---- a ledger where the vectors want it ------------------------------------------------------------------------------


class Placed(Twin):
    """A ledger at another address, whose storage can be set; without a model."""

    def __init__(self, twin: Twin, address: bytes) -> None:
        self.__dict__ = copy.copy(twin.__dict__)
        self.address = address

    def store(self, variable: str, value: int | bytes, *keys: int | bytes, after: int = 0) -> None:
        """keys: of the mapping, none for a plain variable; after: slots after the first one of the value."""
        slot = SLOTS[variable].to_bytes(32, "big")
        for key in keys:
            slot = keccak((key if isinstance(key, bytes) else key.to_bytes(32, "big")).rjust(32, b"\0") + slot)
        slot = (int.from_bytes(slot, "big") + after).to_bytes(32, "big")
        word = value if isinstance(value, bytes) else value.to_bytes(32, "big")
        self.rpc("anvil_setStorageAt", hexed(self.address), hexed(slot), hexed(word.rjust(32, b"\0")))

    def at(self, time: int) -> None:
        self.advance(time - self.time)

    def enlist(self, party: int, *accounts: bytes, **word: Any) -> Party:
        """A party with these accounts, all of full scope."""
        made = Party(roles=1, **{"accounts": len(accounts), **word})
        self.store("_parties", made.pack(), party)
        for account in accounts:
            self.store("_accounts", Account(party, self.time - DAY, 0, FULL_SCOPE).pack(), account)
        return made

    def event(self, sender: bytes, data: bytes) -> Any:
        """The one event of a call that names a head, or the refusal of a batch of one."""
        receipt = self.transact(sender, self.address, data)
        found = [events.decode(log, self.time) for log in receipt["logs"]]
        (event,) = (event for event in found if hasattr(event, "head") or isinstance(event, ActionRefused))
        return event


@contextmanager
def chain_of(twin: Twin, number: int) -> Iterator[None]:
    """The node under another chain id, for a while."""
    home = twin.rpc("eth_chainId")
    twin.rpc("anvil_setChainId", number)
    try:
        yield
    finally:
        twin.rpc("anvil_setChainId", int(home, 16))


@contextmanager
def ledger_at(twin: Twin, domain: Domain) -> Iterator[Placed]:
    """The contract's code under this domain. Created under chain id 1, so it computes its separator anew."""
    powers = [hexed(holder) for holder in (GOVERNOR, REGISTRAR, GUARDIAN)]
    creation = ledger_artifact().bytecode + encode(["address"] * 3 + ["bytes32"], [*powers, domain.salt])
    with chain_of(twin, 1):
        created = twin.transact(ANYBODY, None, creation)["contractAddress"]
    with chain_of(twin, domain.chain_id):
        twin.rpc("anvil_setCode", hexed(domain.ledger), twin.rpc("eth_getCode", created, "latest"))
        placed = Placed(twin, domain.ledger)
        placed.store("registrar", REGISTRAR)
        yield placed


# ---- rule words, ids -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", KINDS, ids=lambda vector: vector["id"])
def test_a_defined_kind_has_the_words_the_intents_and_the_digest_of_the_vectors(twin: Twin, vector: Any) -> None:
    number = vector["number"]
    for key, word in zip(vector["keys"], vector["words"], strict=True):
        assert twin.read("rules(uint256)", number << 16 | key).hex() == word
    for verb, words in zip(vector["verbs"], vector["intents"], strict=True):
        assert twin.read("intents(uint256)", number << 8 | verb) == keccak(words.encode())
    assert twin.read("kindDigest(uint16)", number).hex() == vector["kindDigest"]


@pytest.mark.parametrize("vector", KINDS, ids=lambda vector: vector["id"])
def test_the_arrays_of_the_vectors_define_a_kind_with_the_digest_of_the_vectors(twin: Twin, vector: Any) -> None:
    """Under a free number: the number is no part of the digest."""
    words = [int(word, 16) for word in vector["words"]]
    intents = [raw(digest) for digest in vector["intentHashes"]]
    table = (0x7F55, raw(vector["fileDigest"]), vector["keys"], words, vector["verbs"], intents)
    assert twin.define(table) is None
    assert twin.read("kindDigest(uint16)", 0x7F55).hex() == vector["kindDigest"]


@pytest.mark.parametrize("case", IDS, ids=lambda case: f"{case['kind']:04x}-{case['creator']}")
def test_the_contract_expects_the_documents_ids_of_the_vectors(twin: Twin, case: dict[str, Any]) -> None:
    if case["kind"] not in twin.model.kinds:
        creating = int(KINDS[0]["words"][0], 16)
        assert twin.define((case["kind"], CONTENT, [1], [creating], [1], [CONTENT])) is None
    refused = twin.execute(
        SignedAction(
            Action(
                kind=case["kind"], verb=1, document=CONTENT, previous=ZERO, content=CONTENT, actor=case["creator"],
                document_reference=raw(case["documentReference"]), epoch=1, deadline=twin.time + DAY,
            ),
            b"",
        )
    )  # fmt: skip
    assert isinstance(refused, WrongDocumentId)
    assert refused.expected.hex() == case["document"]


def test_a_certificate_claims_the_place_of_the_vectors(twin: Twin) -> None:
    certifier = twin.members["certifier"].id
    (case,) = (case for case in IDS if (case["kind"], case["creator"]) == (0x0201, certifier))
    reference = keccak(b"the exporter's number")
    document = document_id(0x0201, twin.members["shipper"].id, reference)
    applied = twin.do(
        "APPLY", "shipper", document, 0x0201, content=CONTENT, document_reference=reference, counterparty="certifier"
    )
    assert applied is None
    number = raw(case["documentReference"])
    certified = twin.do(
        "CERTIFY", "certifier", document, 0x0201, content=DETAIL, document_reference=number, endorsee="customs"
    )
    assert certified is None
    assert twin.read("claims(bytes32)", raw(case["claim"])) == document


# ---- typed data ------------------------------------------------------------------------------------------------------


def named(case: dict[str, Any]) -> str:
    return f"{case['message']['intent']}, chain {case['domain']['chainId']}"


@pytest.mark.parametrize("case", cases("Action"), ids=named)
def test_the_contract_hashes_an_act_as_the_wallet_of_the_vectors_does(twin: Twin, case: dict[str, Any]) -> None:
    message = case["message"]
    numbers = ("kind", "verb", "actor", "epoch", "counterparty", "endorsee", "quantity", "deadline")
    digests = ("document", "previous", "content", "detail")
    action = Action(
        **{name: message[name] for name in numbers},
        **{name: raw(message[name]) for name in digests},
        document_reference=raw(message["documentReference"]),
    )
    with ledger_at(twin, domain_of(case)) as ledger:
        assert ledger.read("domainSeparator()").hex() == case["domainSeparator"]
        ledger.store("intents", keccak(message["intent"].encode()), action.kind << 8 | action.verb)
        refused = ledger.event(ANYBODY, execute_batch([SignedAction(action, raw(case["signature"]))]))
    assert isinstance(refused, ActionRefused)
    assert refused.digest.hex() == case["digest"]


def ready_for(ledger: Placed, message: dict[str, Any]) -> list[bytes]:
    """Sets the storage so that the party may do this; the keys that sign beside the vectors' own."""
    party, what, value = message["party"], PartyAct(message["what"]), raw(message["value"])
    ledger.store("partyNonce", message["nonce"], party)
    word: dict[str, Any] = {"accounts": 3}
    others: list[bytes] = []
    if what is PartyAct.LOCK:
        word["unlocks"] = message["nonce"]
        ledger.store("partyNonce", 0, party)
    elif what is PartyAct.UNLOCK:
        word["locked"] = True
    elif what is PartyAct.BAR_RECOVERY:
        others, word["threshold"] = [keccak(b"another account")], 2
    elif what is PartyAct.UNBAR_RECOVERY:
        word["recovery_barred"] = True
    ledger.enlist(party, SIGNER, *map(address_of, others), **word)
    if what is PartyAct.SET_PROFILE:
        ledger.transact(REGISTRAR, ledger.address, call("propose(uint32,uint8,bytes32)", party, int(what), value))
    return others


@pytest.mark.parametrize("case", cases("PartyAction"), ids=named)
def test_the_contract_accepts_a_partys_act_as_the_vectors_sign_it(twin: Twin, case: dict[str, Any]) -> None:
    message = case["message"]
    with ledger_at(twin, domain_of(case)) as ledger:
        ledger.at(message["deadline"] - DAY)
        others = ready_for(ledger, message)
        signatures = join(raw(case["digest"]), [KEY, *others])
        assert raw(case["signature"]) in (signatures[:65], signatures[65:])
        consent = b""
        values = (message["party"], message["what"], raw(message["value"]), message["deadline"], signatures, consent)
        changed = ledger.event(ANYBODY, call(f"partyAct({PARTY_ACTION})", values))
    assert isinstance(changed, PartyChanged)
    assert (changed.party, changed.digest.hex()) == (message["party"], case["digest"])


def waiting(ledger: Placed, change: bytes, party: int, what: PartyAct, value: bytes) -> None:
    """A change of the registrar's that may be vetoed and enacted now."""
    proposed, ready = ledger.time - DAY // 2, ledger.time
    ledger.store("changes", party | what << 32 | Source.REGISTRAR << 40 | proposed << 48 | ready << 88, change)
    ledger.store("changes", value, change, after=1)


@pytest.mark.parametrize("case", cases("Veto"), ids=named)
def test_the_contract_accepts_a_veto_as_the_vectors_sign_it(twin: Twin, case: dict[str, Any]) -> None:
    party, change = case["message"]["party"], raw(case["message"]["change"])
    with ledger_at(twin, domain_of(case)) as ledger:
        ledger.enlist(party, SIGNER)
        waiting(ledger, change, party, PartyAct.SET_THRESHOLD, (1).to_bytes(32, "big"))
        vetoed = ledger.event(ANYBODY, call("veto(bytes32,bytes)", change, raw(case["signature"])))
    assert isinstance(vetoed, PartyChanged)
    assert (vetoed.party, vetoed.digest.hex()) == (party, case["digest"])


@pytest.mark.parametrize("case", cases("AccountConsent"), ids=named)
def test_the_contract_accepts_a_consent_as_the_vectors_sign_it(twin: Twin, case: dict[str, Any]) -> None:
    """Only one digest recovers to the account that consents."""
    message = case["message"]
    party, change, account = message["party"], raw(message["registration"]), raw(message["account"])
    with ledger_at(twin, domain_of(case)) as ledger:
        ledger.enlist(party, address_of(keccak(b"its first account")))
        value = int.from_bytes(account, "big") | message["scope"] << 160
        waiting(ledger, change, party, PartyAct.ADD_ACCOUNT, value.to_bytes(32, "big"))
        added = ledger.event(ANYBODY, call("enact(bytes32,bytes)", change, raw(case["signature"])))
        word = ledger.number("account(address)", hexed(account))
    assert isinstance(added, PartyChanged)
    assert Account.unpack(word) == Account(party, ledger.time, 0, message["scope"]) == added.account()


# ---- manifests -------------------------------------------------------------------------------------------------------


def test_the_contract_takes_the_manifest_of_the_vectors_at_the_place_that_it_names(twin: Twin) -> None:
    """Its trees' roots stand in it, so the one digest on the ledger is over all of them."""
    (vector,) = vectors("manifests")
    manifest, creator, reference = vector["manifest"], vector["creator"], raw(vector["documentReference"])
    assert hashlib.sha256(vector["bytes"].encode()).hexdigest() == vector["digest"]
    assert [entry["root"] for entry in manifest["datasets"]] == [tree["root"] for tree in vectors("trees")]
    domain = Domain(manifest["chainId"], raw(manifest["ledger"]), CONTENT)
    kind = resources.kind(manifest["kind"])
    issue = kind.verb("ISSUE").number
    with ledger_at(twin, domain) as ledger:
        ledger.enlist(creator, SIGNER)
        ledger.enlist(2, address_of(keccak(b"a shipper")))
        ledger.store("rules", kind.rows[0, issue].word(), kind.number << 16 | issue)
        ledger.store("intents", keccak(kind.intent(issue).encode()), kind.number << 8 | issue)
        action = Action(
            kind=kind.number, verb=issue, document=raw(manifest["document"]), previous=ZERO, actor=creator, epoch=1,
            content=raw(vector["digest"]), document_reference=reference, counterparty=2, endorsee=2,
            deadline=ledger.time + DAY,
        )  # fmt: skip
        signed = SignedAction(action, join(action.digest(domain, kind.intent(issue)), [KEY]))
        issued = ledger.event(ANYBODY, execute_batch([signed]))
    assert isinstance(issued, ActionApplied)
    assert (issued.document.hex(), issued.content.hex()) == (manifest["document"], vector["digest"])
    assert issued.record().version == manifest["version"]


# ---- heads -----------------------------------------------------------------------------------------------------------


def test_the_contracts_library_runs_heads_as_the_vectors_do(twin: Twin) -> None:
    created = twin.transact(ANYBODY, None, bytecode("Formulas"))["contractAddress"]
    ledger = Placed(twin, raw(created))
    running = ZERO
    for step in HEADS["entries"]:
        ledger.at(step["time"])
        values = (raw(step["previous"]), raw(step["digest"]), int(step["result"], 16), raw(step["signers"]))
        head = ledger.read("entry(bytes32,bytes32,uint256,bytes32)", *values)
        running = ledger.read("chain(bytes32,bytes32)", running, head)
        assert (head.hex(), running.hex()) == (step["head"], step["ledgerHead"])


@pytest.mark.parametrize(("count", "word"), [(1, "signersOfOne"), (3, "signersOfSeveral")])
def test_the_contract_puts_signers_together_as_the_vectors_do(twin: Twin, count: int, word: str) -> None:
    ledger = Placed(twin, twin.address)
    keys = [raw(key) for key in HEADS["secretKeys"][:count]]
    accounts = [address_of(key) for key in keys]
    assert [hexed(account) for account in accounts] == HEADS["accounts"][:count]
    ledger.enlist(77, *accounts, threshold=count)
    deadline = ledger.time + DAY
    digest = PartyAction(77, 0, PartyAct.BUMP_EPOCH, ZERO, deadline).digest(twin.domain)
    act = (77, int(PartyAct.BUMP_EPOCH), ZERO, deadline, join(digest, keys), b"")
    changed = ledger.event(ANYBODY, call(f"partyAct({PARTY_ACTION})", act))
    assert changed.signers.hex() == HEADS[word]


def hashed(*words: int | bytes) -> bytes:
    return keccak(
        b"".join(word.to_bytes(32, "big") if isinstance(word, int) else word.rjust(32, b"\0") for word in words)
    )


def test_the_contract_logs_freezes_by_the_digests_of_the_vectors(twin: Twin) -> None:
    freeze, unfreeze = HEADS["freeze"], HEADS["unfreeze"]
    document, before = raw(freeze["document"]), raw(HEADS["noteResult"]["head"])
    ledger = Placed(twin, twin.address)
    ledger.store("_records", int(HEADS["noteResult"]["control"], 16), document)
    ledger.store("_records", before, document, after=1)
    ledger.at(freeze["until"] - DAY)
    data = call("freeze(bytes32,uint40,bytes32)", document, freeze["until"], raw(freeze["reason"]))
    frozen = ledger.event(GUARDIAN, data)
    assert isinstance(frozen, Frozen)
    assert frozen.control >> 184 & 0xFF == FROZEN
    assert frozen.head == hashed(before, raw(freeze["digest"]), frozen.control, GUARDIAN, ledger.time)
    thawed = ledger.event(GUARDIAN, call("unfreeze(bytes32)", document))
    assert isinstance(thawed, Unfrozen)
    assert thawed.head == hashed(frozen.head, raw(unfreeze["digest"]), thawed.control, GUARDIAN, ledger.time)


def test_the_contract_logs_a_note_with_the_result_of_the_vectors(twin: Twin) -> None:
    vector = HEADS["noteResult"]
    document, head, control = raw(vector["document"]), raw(vector["head"]), int(vector["control"], 16)
    ledger = Placed(twin, twin.address)
    ledger.store("_records", control, document)
    ledger.store("_records", head, document, after=1)
    note = ledger.act("NOTICE", "carrier", document, previous=head, detail=DETAIL, keys=ledger.members["carrier"].keys)
    taken = ledger.event(ANYBODY, execute_batch([note]))
    assert isinstance(taken, NoteApplied)
    signer = ledger.members["carrier"].accounts[0]
    assert taken.head == hashed(ZERO, taken.digest, raw(vector["result"]), signer, ledger.time)


def test_the_contract_logs_a_call_by_the_digest_of_the_vectors(twin: Twin) -> None:
    data = raw(HEADS["call"]["data"])
    ledger = Placed(twin, twin.address)
    ledger.at(int.from_bytes(data[-32:], "big") - DAY)
    changed = ledger.event(REGISTRAR, data)
    assert isinstance(changed, PartyChanged)
    assert (changed.call, changed.digest.hex()) == (data, HEADS["call"]["digest"])


# ---- party logs ------------------------------------------------------------------------------------------------------


def test_the_contract_writes_the_party_logs_of_the_vectors_entry_by_entry(twin: Twin) -> None:
    """Created where the vectors expect it: by the deployer's first transaction."""
    powers = [LOGS["powers"][name] for name in ("governor", "registrar", "guardian")]
    creation = ledger_artifact().bytecode + encode(["address"] * 3 + ["bytes32"], [*powers, raw(LOGS["salt"])])
    with chain_of(twin, LOGS["chainId"]):
        created = twin.transact(raw(LOGS["deployer"]["address"]), None, creation)["contractAddress"]
        assert created == LOGS["ledger"]
        ledger = Placed(twin, raw(created))
        for item in LOGS["entries"]:
            about = item["about"]
            ledger.at(item["time"])
            event = ledger.event(address_of(raw(LOGS["secretKeys"][item["sender"]])), raw(item["call"]))
            assert event.head.hex() == item["head"], about
            assert ledger.read("ledgerHead()").hex() == item["ledgerHead"], about
            assert ledger.read("partyHead(uint32)", item["party"]).hex() == item["head"], about
            if item["party"]:
                assert isinstance(event, PartyChanged)
                said = (event.digest, event.signers, event.profile, event.encryption_key)
                assert said == tuple(raw(item[k]) for k in ("digest", "signers", "profile", "encryptionKey")), about
                words = (event.party_word, event.account_word)
                assert words == (int(item["partyWord"], 16), int(item["accountWord"], 16)), about
                assert ledger.number("party(uint32)", item["party"]) == event.party_word, about
                assert ledger.number("partyNonce(uint32)", item["party"]) == item["nonce"], about
