"""Files by somebody who knows the verifier: what they made of it once, each kept so that it stays mended."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from tests.support import evidence as proofs
from tests.support.corpus import NOW, Life, good, life_to, presentation, roads, signed
from tests.support.evidence import POLICY, RELEASE
from tests.support.histories import DOMAIN, Town
from tests.support.tries import build

from portledger.cli import evidence_report, output
from portledger.domain import acts
from portledger.domain.codes import PartyAct
from portledger.domain.hashing import keccak, word
from portledger.domain.verification_errors import VerificationError
from portledger.evidence import bundle as files
from portledger.evidence import content, making, rlp, slots, trie
from portledger.evidence.bundle import Bundle, PartyRecord, dump
from portledger.evidence.headers import parse as parse_header
from portledger.evidence.history import Freeze
from portledger.evidence.presentation import Presentation
from portledger.evidence.presentation import dump as dump_presentation
from portledger.evidence.verdict import LONGEST, Class, Verdict, judge
from portledger.vault import canonical


def verdict(file: Bundle | Presentation | bytes) -> Verdict:
    data = dump(file) if isinstance(file, Bundle) else file if isinstance(file, bytes) else dump_presentation(file)
    return judge(data, POLICY, RELEASE, NOW)


def ends(file: Bundle | Presentation | bytes) -> tuple[Class, int | None]:
    found = verdict(file)
    return found.verdict, found.failure and found.failure.step


@cache
def issued() -> Life:
    return life_to("ebl-negotiable", "ISSUED")


@cache
def shown() -> Presentation:
    return presentation(life_to("ebl-negotiable", "ISSUED", thresholds=2))


def proven_again(life: Life, file: Bundle, slots_read: Iterable[int]) -> Bundle:
    """The file with the nodes that prove these slots, out of the ledger's whole storage."""
    town = life.town
    words = proofs.storage(town, proofs.consortium(town))
    tree = build({keccak(word(slot)): rlp.encode(rlp.encode_integer(value)) for slot, value in words.items()})
    nodes = trie.Nodes(dict.fromkeys((*file.proof, *tree.nodes.values())))
    root = trie.account(parse_header("none", file.header).state_root, DOMAIN.ledger, nodes).storage_root
    for slot in slots_read:
        trie.storage(root, slot, nodes)
    return replace(file, proof=tuple(nodes.used()))


def slots_of(file: Bundle) -> list[int]:
    document = file.document
    words = [slots.control(document), slots.head(document), slots.notes_head(document), slots.extension(document)]
    heads = [slots.party_head(party) for party in (0, *(one.party for one in file.parties))]
    return [*words, *heads, *(slots.account(one) for one in making.signers_of((*file.entries, *file.notes)))]


# --- step 0 ----------------------------------------------------------------------------------------------------------


def test_a_text_of_more_parts_than_memory_is_for_is_refused_unread() -> None:
    found = verdict(b"[" + b"[]," * files.MAX_PARTS + b"[]]")
    assert found.verdict is Class.MALFORMED
    assert found.failure is not None
    assert "commas" in found.failure.found


def test_a_kind_file_as_long_as_a_library_is_refused() -> None:
    file = issued().bundle()
    longer = {**file.kind, "standard": "x" * files.MAX_KIND}
    assert ends(replace(file, kind=longer)) == (Class.MALFORMED, 0)


@pytest.mark.parametrize("path", ["field3", "/a~2b", "~", "/a~", " /field3"])
def test_a_field_s_path_is_a_json_pointer(path: str) -> None:
    value = canonical.decode_canonical(dump_presentation(shown()))
    value["fields"][0]["path"] = path
    assert ends(canonical.encode(value)) == (Class.MALFORMED, 0)


def test_a_failure_says_no_more_than_a_screen_holds() -> None:
    file = issued().bundle()
    found = verdict(replace(file, kind={**file.kind, "x" * 100_000: 1}))
    assert found.failure is not None
    assert len(found.failure.found) > 100_000
    assert len(found.to_dict()["found"]) == LONGEST


# --- steps 3 and 4 ---------------------------------------------------------------------------------------------------


def test_a_document_that_is_not_there_is_invalid_and_no_matter_of_policy() -> None:
    life = issued()
    file = replace(life.bundle(bare=True), document=keccak(b"nothing"))
    kindless = slots.kind_digest(0)
    assert ends(proven_again(life, file, [*slots_of(file), kindless])) == (Class.INVALID, 3)


def _in_row(kind: dict[str, Any]) -> None:
    kind["rows"][0]["counterparty"] = []


def _in_readers(kind: dict[str, Any]) -> None:
    kind["datasets"]["header"]["readers"] = {"carrier": []}


@pytest.mark.parametrize("change", [_in_row, _in_readers])
def test_a_list_where_a_kind_file_has_a_name_is_a_finding(change: Callable[[dict[str, Any]], None]) -> None:
    file = issued().bundle()
    kind = copy.deepcopy(dict(file.kind))
    change(kind)
    assert ends(replace(file, kind=kind)) == (Class.INVALID, 4)


# --- step 8 ----------------------------------------------------------------------------------------------------------


def test_a_party_that_nobody_registered_may_be_listed_and_is_called_so() -> None:
    life = issued()
    file = life.bundle()
    file = replace(file, parties=(*file.parties, PartyRecord(999, ())))
    kind = slots.kind_digest(life.town.kind.number)
    found = verdict(proven_again(life, file, [*slots_of(file), kind]))
    assert found.result is not None
    assert "party 999 is not registered as of this block" in found.result.remarks


def test_a_party_that_nobody_registered_has_no_profile() -> None:
    file = issued().bundle()
    file = replace(file, parties=(*file.parties, PartyRecord(999, (), {"name": "Nobody"})))
    kind = slots.kind_digest(issued().town.kind.number)
    assert ends(proven_again(issued(), file, [*slots_of(file), kind])) == (Class.INVALID, 8)


class Standstill(Town):
    """A ledger on which everything happens within one second."""

    def tick(self, seconds: int = 10) -> None:
        super().tick(0)


def test_many_changes_of_a_party_in_one_second_do_not_multiply_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    town = Standstill()
    for name in ("carrier", "shipper", "bank"):
        town.register(name, "carrier", "shipperOrConsignee", "bank")
    town.act("ISSUE", 1, counterparty=2, endorsee=2, content=keccak(b"m"), document_reference=keccak(b"n"))
    town.act("ACCEPT", 2, counterparty=1, endorsee=2)
    for _ in range(60):
        town.party_act(2, PartyAct.BUMP_EPOCH)
    for _ in range(20):
        town.act("REMARK", 2, detail=keccak(b"a remark"))
    tried = []
    real = acts.check
    monkeypatch.setattr(acts, "check", lambda *given: tried.append(1) or real(*given))
    assert ends(proofs.bundle_of(town)) == (Class.UNSEALED, None)
    assert len(tried) < 40


# --- step 9: suffixes ------------------------------------------------------------------------------------------------


def frozen_before_certified() -> Life:
    """A certificate's application that was frozen for a while, then certified: the suffix begins after the freeze."""
    life = life_to("certificate-of-origin", "APPLIED")
    life.town.freeze()
    life.town.unfreeze()
    life.town.act("APPROVE", 2)  # which clears the frozen bit
    for move in roads("certificate_of_origin")["ISSUED"][1:]:
        life.play(move)
    return life


def test_a_suffix_after_a_freeze_that_was_over_holds() -> None:
    life = frozen_before_certified()
    file = life.bundle("qbft", making.Form("suffix"))
    assert file.start is not None
    assert not any(isinstance(one, Freeze) for one in file.entries)
    assert ends(file) == (Class.VALID, None)


def test_a_suffix_does_not_hide_a_freeze_that_lasts() -> None:
    """The extension says frozen until a time after the first act that is shown, and no freeze is shown."""
    life = frozen_before_certified()
    town = life.town
    town.standing = replace(town.standing, frozen_until=town.time + 1)
    assert ends(life.bundle("qbft", making.Form("suffix"))) == (Class.INVALID, 9)


def test_the_governor_may_freeze_again_what_a_suffix_does_not_show_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    life = frozen_before_certified()
    monkeypatch.setattr("tests.support.histories.GUARDIAN", proofs.GOVERNOR)
    life.town.freeze()
    assert ends(life.bundle("qbft", making.Form("whole"))) == (Class.VALID, None)
    assert ends(life.bundle("qbft", making.Form("suffix"))) == (Class.VALID, None)


# --- steps 11 to 13 --------------------------------------------------------------------------------------------------


def test_the_number_applied_under_is_not_passed_off_as_the_certificate_s() -> None:
    """An exporter may apply under the number of another certificate; a presentation may leave the real one out."""
    life = life_to("certificate-of-origin", "ISSUED", thresholds=2)
    whole = presentation(life)
    assert life.content is not None
    applied = ("header", life.content.opened["header"].tree.prove("/applicationNumber"))
    fields = [one for one in whole.fields if one[1].path != "/certificateReferenceSignature"]
    part = replace(whole, fields=(*fields, applied))
    found = verdict(signed(part, life.town.keys[2][0]))
    assert found.result is not None
    assert found.result.number == ""


class Nowhere(Life):
    """A document that does not name its ledger."""

    def _values(self, actor: int, version: int) -> dict[str, Any]:
        values = super()._values(actor, version)
        del values["header"]["chainId"]
        return values


def test_a_presentation_of_a_document_that_names_no_ledger_is_refused() -> None:
    life = Nowhere.begin("ebl-negotiable", thresholds=2)
    for move in roads("ebl_negotiable")["ISSUED"]:
        life.play(move)
    assert life.content is not None
    header = life.content.opened["header"].tree
    full = shown()
    fields = tuple(
        ("header", header.prove(path)) for path in life.town.kind.mandatory_in("header") if path != "/chainId"
    )
    part = replace(
        full, evidence=life.bundle("qbft"), others=(), equal=(), fields=fields,
        absent=(("header", header.prove_absence("/chainId")),),
    )  # fmt: skip
    assert ends(signed(part, life.town.keys[2][0])) == (Class.INVALID, 13)


def test_true_is_not_the_number_one() -> None:
    """A document that names `true` as its chain, on chain 1."""
    value = {"chainId": True, "ledger": "0x" + DOMAIN.ledger.hex()}
    facts = replace(issued().town.facts(), domain=replace(DOMAIN, chain_id=1))
    with pytest.raises(VerificationError):
        content._own_ledger({"header": value}, issued().town.history(), facts)


# --- what a person sees ----------------------------------------------------------------------------------------------


def test_a_name_can_neither_steer_the_terminal_nor_turn_text_around() -> None:
    assert output.visible("\x1b[2J\x9b1mVALID\u202eDILAV 四日市") == "\\u001b[2J\\u009b1mVALID\\u202eDILAV 四日市"
    assert output.table(["name"], [["\x1b[31mx"]]).rows == [["\\u001b[31mx"]]


def test_a_suffix_is_not_called_the_only_record_of_its_number() -> None:
    name = "ebl-negotiable suffix"
    found = judge(good()[name].data, POLICY, RELEASE, NOW)
    assert found.result is not None
    assert found.shown is not None
    said = " ".join(evidence_report._conclusions(found.result, found.shown))
    assert "Neither who created it" in said
    assert "only record of the number" not in said
