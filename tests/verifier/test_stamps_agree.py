"""Time stamps: both verifiers take the same tokens and refuse the same ones, as the same kind of failure."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from tests.support.corpus import NOW, life_to
from tests.support.evidence import POLICY, RELEASE, bundle_of
from tests.support.second_verifier import verdicts
from tests.support.tsa import EC, EC384, RSA, SHA256, SHA384, SHA512, Authority, token
from tests.support.write_corpus import POLICY_JSON
from tests.unit.evidence.test_stamps import CERTIFICATES, DAMAGED

from portledger.evidence.bundle import Bundle, dump
from portledger.evidence.verdict import judge

TIME = NOW - 1000
AUTHORITIES = {"RSA": RSA, "P-256": EC, "P-384": EC384}


@cache
def stamped() -> tuple[Bundle, bytes]:
    """A file that proves ledgerHead, and the imprint that its tokens must carry."""
    asked: list[bytes] = []

    def tokens(imprint: bytes) -> list[bytes]:
        asked.append(imprint)
        return [token(imprint, TIME)]

    made = bundle_of(life_to("ebl-negotiable", "ISSUED").town, "qbft", stamped=tokens)
    return made, asked[0]


def agree(folder: Path, tokens: Mapping[str, tuple[bytes, ...]], trusted: list[Authority]) -> dict[str, str]:
    """What both say of the file with each of these lists of tokens; fails where they differ."""
    base, _ = stamped()
    files = []
    for number, raw in enumerate(tokens.values()):
        files.append(folder / f"{number:05}.json")
        files[-1].write_bytes(dump(replace(base, stamps=raw)))
    named = [{"certificate": one.fingerprint.hex()} for one in trusted]
    (folder / "policy.json").write_text(json.dumps({**POLICY_JSON, "stamp": named}))
    policy = replace(POLICY, stamps=frozenset(one.fingerprint for one in trusted))
    theirs = verdicts(files, folder / "policy.json", NOW)
    found = {}
    for name, file, their in zip(tokens, files, theirs, strict=True):
        ours = json.loads(json.dumps(judge(file.read_bytes(), policy, RELEASE, NOW).to_dict()))
        for member in ("verdict", "step", "entry", "stampedAt"):
            assert their[member] == ours[member], (name, member, their, ours)
        found[name] = ours["verdict"]
    return found


def test_tokens_of_every_authority_and_hash_are_taken_by_both(tmp_path: Path) -> None:
    _, imprint = stamped()
    tokens = {
        f"{name} {digest}": (token(imprint, TIME, by, hash=digest),)
        for name, by in AUTHORITIES.items()
        for digest in (SHA256, SHA384, SHA512)
    }
    tokens["two"] = (token(imprint, TIME + 5), token(imprint, TIME, EC, fraction=".25"))
    assert set(agree(tmp_path, tokens, list(AUTHORITIES.values())).values()) == {"valid"}


def test_a_stranger_s_token_is_outside_the_policy_for_both(tmp_path: Path) -> None:
    _, imprint = stamped()
    tokens = {
        "a stranger": (token(imprint, TIME, EC),),
        "and another": (token(imprint, TIME), token(imprint, TIME, EC384)),
    }
    assert set(agree(tmp_path, tokens, [RSA]).values()) == {"outside-policy"}


def test_damaged_tokens_are_refused_by_both(tmp_path: Path) -> None:
    _, imprint = stamped()
    tokens = {what: (token(imprint, TIME, **words),) for what, words in DAMAGED.items()}
    whole = token(imprint, TIME)
    tokens |= {f"cut to {size}": (whole[:size],) for size in (1, 2, 30, 500, -1)}
    tokens["of something else"] = (token(bytes(32), TIME),)
    assert set(agree(tmp_path, tokens, [RSA, EC]).values()) == {"invalid"}


def test_certificates_that_are_not_for_stamping_are_refused_by_both(tmp_path: Path) -> None:
    _, imprint = stamped()
    tokens = {what: (token(imprint, TIME, by),) for what, by in CERTIFICATES.items()}
    assert set(agree(tmp_path, tokens, list(CERTIFICATES.values())).values()) == {"invalid"}


def test_tokens_with_single_bytes_turned_are_judged_alike(tmp_path: Path) -> None:
    _, imprint = stamped()
    chance = random.Random(7)
    tokens = {}
    for name, by in AUTHORITIES.items():
        whole = token(imprint, TIME, by, nonce=5)
        for at in chance.sample(range(len(whole)), 150):
            turned = bytes([whole[at] ^ chance.choice((1, 2, 0x20, 0x80))])
            tokens[f"{name} byte {at}"] = (whole[:at] + turned + whole[at + 1 :],)
    found = agree(tmp_path, tokens, list(AUTHORITIES.values()))
    assert {"invalid", "valid"} <= set(found.values())
