"""The shared vectors, written by code that shares nothing with ours (scripts/write_vectors), read by ours."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from portledger import resources
from portledger.domain.actions import (
    AccountConsent,
    Action,
    Disclosure,
    Domain,
    PartyAction,
    Veto,
    claim_id,
    document_id,
)
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.signatures import recover, sign, signers_word

ROOT = Path(__file__).parents[2]


def vectors(name: str) -> Any:
    return json.loads(resources.read(f"vectors/{name}.json"))


TYPED = vectors("typed_data")


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@pytest.mark.parametrize("vector", vectors("kinds")["kinds"], ids=lambda vector: vector["id"])
def test_a_kind_packs_into_the_words_that_the_second_implementation_packs(vector: dict[str, Any]) -> None:
    kind = resources.kind(vector["number"])
    number, file_digest, keys, words, verbs, intents = kind.define_arguments()
    assert (kind.id, number, file_digest.hex()) == (vector["id"], vector["number"], vector["fileDigest"])
    assert (keys, verbs) == (vector["keys"], vector["verbs"])
    assert [f"{word:064x}" for word in words] == vector["words"]
    assert [kind.intent(verb) for verb in verbs] == vector["intents"]
    assert [intent.hex() for intent in intents] == vector["intentHashes"]
    assert kind.kind_digest.hex() == vector["kindDigest"]


def test_every_shipped_kind_has_its_vector() -> None:
    assert sorted(vector["number"] for vector in vectors("kinds")["kinds"]) == list(resources.kinds())


def test_the_vectors_are_what_the_second_implementation_writes_today() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/write_vectors.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _act(case: dict[str, Any], domain: Domain) -> tuple[bytes, dict[str, Any]]:
    """(digest, typed data) of a case by our code."""
    message = case["message"]
    match case["primaryType"]:
        case "Action":
            act = Action(
                kind=message["kind"],
                verb=message["verb"],
                document=raw(message["document"]),
                previous=raw(message["previous"]),
                content=raw(message["content"]),
                document_reference=raw(message["documentReference"]),
                detail=raw(message["detail"]),
                **{
                    name: message[name]
                    for name in ("actor", "epoch", "counterparty", "endorsee", "quantity", "deadline")
                },
            )
            return act.digest(domain, message["intent"]), act.typed_data(domain, message["intent"])
        case "PartyAction":
            of_party = PartyAction(
                message["party"], message["nonce"], message["what"], raw(message["value"]), message["deadline"]
            )
            return of_party.digest(domain), of_party.typed_data(domain)
        case "Veto":
            veto = Veto(message["party"], raw(message["change"]))
            return veto.digest(domain), veto.typed_data(domain)
        case "Disclosure":
            shown = Disclosure(
                message["party"], raw(message["document"]), raw(message["head"]), raw(message["disclosed"]),
                message["audience"], message["purpose"], message["createdAt"], message["expiresAt"],
            )  # fmt: skip
            return shown.digest(domain), shown.typed_data(domain)
        case _:
            consent = AccountConsent(
                message["party"], raw(message["account"]), message["scope"], raw(message["registration"])
            )
            return consent.digest(domain), consent.typed_data(domain)


@pytest.mark.parametrize("case", TYPED["cases"], ids=lambda case: f"{case['primaryType']}-{case['digest'][:8]}")
def test_what_a_wallet_signs_is_what_eth_account_signs(case: dict[str, Any]) -> None:
    domain = Domain(case["domain"]["chainId"], raw(case["domain"]["ledger"]), raw(case["domain"]["salt"]))
    digest, document = _act(case, domain)
    assert domain.separator().hex() == case["domainSeparator"]
    assert digest.hex() == case["digest"]
    assert document["message"] == case["message"]
    assert document["types"][case["primaryType"]] == TYPED["types"][case["primaryType"]]
    assert sign(digest, raw(TYPED["key"])).hex() == case["signature"]
    assert recover(digest, raw(case["signature"])) == raw(TYPED["signer"])


def test_heads_run_as_the_second_implementation_runs_them() -> None:
    heads = vectors("heads")
    head = ledger_head = bytes(32)
    for step in heads["entries"]:
        assert head.hex() == step["previous"]
        head = entry(head, raw(step["digest"]), raw(step["result"]), raw(step["signers"]), step["time"])
        ledger_head = keccak(abi_words(ledger_head, head))
        assert (head.hex(), ledger_head.hex()) == (step["head"], step["ledgerHead"])


def test_signers_are_one_address_or_the_hash_of_several() -> None:
    heads = vectors("heads")
    accounts = [raw(account) for account in heads["accounts"]]
    assert signers_word(accounts[:1]).hex() == heads["signersOfOne"]
    assert signers_word(accounts).hex() == heads["signersOfSeveral"]


def test_notes_freezes_and_calls_hash_as_the_second_implementation_hashes_them() -> None:
    from portledger.domain.model import freeze_digest, unfreeze_digest

    heads = vectors("heads")
    note, freeze, unfreeze, call = (heads[name] for name in ("noteResult", "freeze", "unfreeze", "call"))
    assert keccak(abi_words(raw(note["head"]), int(note["control"], 16))).hex() == note["result"]
    assert freeze_digest(raw(freeze["document"]), freeze["until"], raw(freeze["reason"])).hex() == freeze["digest"]
    assert unfreeze_digest(raw(unfreeze["document"])).hex() == unfreeze["digest"]
    data = raw(call["data"])
    assert keccak(data[:4].ljust(32, b"\0"), keccak(data[4:])).hex() == call["digest"]


@pytest.mark.parametrize("case", vectors("document_ids")["cases"], ids=lambda case: f"{case['kind']:04x}")
def test_documents_and_claims_are_named_alike(case: dict[str, Any]) -> None:
    reference = raw(case["documentReference"])
    assert document_id(case["kind"], case["creator"], reference).hex() == case["document"]
    assert claim_id(case["kind"] >> 8, case["creator"], reference).hex() == case["claim"]
