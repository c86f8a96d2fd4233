"""Certificates used by several customs offices at once: over-use is impossible, and a lie about totals is named.

docs/protocol §9. The offices act under BEARER, each on what it last saw; the ledger's checks, the SDK's arithmetic and
the verifier are the real ones.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from portledger.domain.acts import Standing
from portledger.domain.codes import BEARER, DAY
from portledger.domain.errors import BadParameter, NoRule, NumberTaken, StalePrevious
from portledger.domain.hashing import json_digest, keccak
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.content import Content, late_uses
from portledger.evidence.verify import verify
from portledger.resources import kind
from portledger.sdk import quantities
from portledger.sdk.quantities import Certified, Use
from tests.support.histories import Town

SEQUENCES = int(os.environ.get("PORTLEDGER_SEQUENCES", "10000"))
ITEMS = [Certified("1", "100", "KGM"), Certified("2", "7.5", "TNE"), Certified("3", "3", "NMB")]
OFFICES = ("customs1", "customs2", "customs3")
Details = dict[bytes, dict[str, Any]]


@cache
def certified() -> Town:
    """A certificate that any customs office may use."""
    town = Town(kind("certificate-of-origin"))
    exporter, chamber = town.register("exporter", "shipperOrConsignee"), town.register("chamber", "certifier")
    for name in OFFICES:
        town.register(name, "customs")
    town.act("APPLY", exporter, counterparty=chamber, content=keccak(b"draft"), document_reference=keccak(b"a"))
    town.act("CERTIFY", chamber, endorsee=BEARER, content=keccak(b"final"), document_reference=keccak(b"c"))
    return town


def copied(town: Town) -> Town:
    return replace(town, entries=list(town.entries), notes=list(town.notes), claims=dict(town.claims))


def use(town: Town, office: str, verb: str, rows: list[dict[str, str]], details: Details, **more: Any) -> None:
    detail = {"schema": "portledger/detail/1", "salt": "00" * 16, "importDeclarationNumber": "1", "items": rows}
    made = town.act(verb, town.names[office], detail=json_digest(detail), quantity=quantities.ppm(rows), **more)
    details[made.digest] = detail


def play(town: Town, chance: random.Random, details: Details) -> tuple[dict[str, Decimal], int, int]:
    """Random uses by the three offices. What was really used in the end; how many were applied, how many refused."""
    really: dict[str, Decimal] = {item.item: Decimal(0) for item in ITEMS}
    seen: dict[str, tuple[dict[str, str], bytes]] = {}
    applied = refused = 0
    for _ in range(chance.randrange(2, 7)):
        office = chance.choice(OFFICES)
        if office not in seen or chance.random() < 0.6:
            seen[office] = ({item: str(total) for item, total in really.items() if total}, town.standing.head)
        known, head = seen[office]
        wanted = [Use(item.item, str(chance.randrange(1, 60))) for item in chance.sample(ITEMS, chance.randrange(1, 3))]
        rows = quantities.used(ITEMS, known, wanted)
        try:
            use(town, office, "USE_FULL" if chance.random() < 0.05 else "USE_PART", rows, details, previous=head)
        except (StalePrevious, NoRule, BadParameter):
            refused += 1
            continue
        for one in wanted:
            really[one.item] += Decimal(one.quantity)
        applied += 1
    return really, applied, refused


def test_D1_no_sequence_of_uses_by_several_offices_uses_more_than_was_certified() -> None:
    applied = refused = 0
    for seed in range(SEQUENCES):
        town, details = copied(certified()), Details()
        really, done, not_done = play(town, random.Random(seed), details)
        applied, refused = applied + done, refused + not_done
        over = [item.item for item in ITEMS if really[item.item] > Decimal(item.quantity)]
        assert not over, f"seed {seed}"
        verify(town.history(), town.facts(), Content(None, details=details))
    assert applied > SEQUENCES // 2
    assert refused > SEQUENCES // 2


LIES = {
    "an earlier use forgotten": lambda rows: [{**rows[0], "total": rows[0]["used"]}, *rows[1:]],
    "used less than the total says": lambda rows: [{**rows[0], "used": "0.5"}, *rows[1:]],
    "certified for more": lambda rows: [{**rows[0], "certified": "1000"}, *rows[1:]],
    "in another unit": lambda rows: [{**rows[0], "unit": "LBR"}, *rows[1:]],
    "an exponent": lambda rows: [{**rows[0], "total": "5E1"}, *rows[1:]],
}


@pytest.mark.parametrize("name", LIES)
def test_D1_an_office_that_lies_about_totals_is_named_by_the_verifier(name: str) -> None:
    """The ledger sees one share only; the sealed details show who wrote what is not so (step 14)."""
    town, details = copied(certified()), Details()
    use(town, "customs1", "USE_PART", quantities.used(ITEMS, {}, [Use("1", "40")]), details)
    rows = quantities.used(ITEMS, {"1": "40"}, [Use("1", "10")])
    lie = LIES[name](rows)
    detail = {"schema": "portledger/detail/1", "salt": "00" * 16, "items": lie}
    made = town.act("USE_PART", town.names["customs2"], detail=json_digest(detail), quantity=500_000)
    details[made.digest] = detail
    with pytest.raises(VerificationError) as failure:
        verify(town.history(), town.facts(), Content(None, details=details))
    assert failure.value.step == 14


def test_D1_an_item_that_a_use_does_not_list_still_counts() -> None:
    town, details = copied(certified()), Details()
    use(town, "customs1", "USE_PART", quantities.used(ITEMS, {}, [Use("1", "40")]), details)
    hidden = quantities.used(ITEMS, {}, [Use("3", "1.2")])  # item 1 left out; the share is 400,000 as before
    use(town, "customs2", "USE_PART", hidden, details)
    verify(town.history(), town.facts(), Content(None, details=details))
    less = quantities.used(ITEMS, {"3": "1.2"}, [Use("3", "0.3")])
    use(town, "customs2", "USE_PART", less, details)  # 500,000 by item 3, and that is the greatest share
    verify(town.history(), town.facts(), Content(None, details=details))


@pytest.mark.parametrize(("verb", "state"), [("REVOKE", "REVOKED"), ("REPLACE", "REPLACED")])
def test_a_use_of_an_ended_certificate_is_refused_and_its_end_is_named(verb: str, state: str) -> None:
    town, details = copied(certified()), Details()
    town.act(verb, town.names["chamber"], detail=keccak(b"why"))
    with pytest.raises(NoRule):
        use(town, "customs1", "USE_PART", quantities.used(ITEMS, {}, [Use("1", "1")]), details)
    result = verify(town.history(), town.facts())
    assert any(f"the document is {state}" in remark for remark in result.remarks)


def test_a_second_certificate_under_one_number_is_refused() -> None:
    town = copied(certified())
    other = replace(
        town, document=bytes(32), standing=Standing(), entries=[], notes=[], claims=town.claims
    )  # fmt: skip
    exporter, chamber = town.names["exporter"], town.names["chamber"]
    other.act("APPLY", exporter, counterparty=chamber, content=keccak(b"x"), document_reference=keccak(b"another"))
    with pytest.raises(NumberTaken):
        other.act("CERTIFY", chamber, endorsee=BEARER, content=keccak(b"y"), document_reference=keccak(b"c"))


def test_a_use_after_the_last_day_is_named() -> None:
    town, details = copied(certified()), Details()
    town.tick(30 * DAY)
    use(town, "customs1", "USE_PART", quantities.used(ITEMS, {}, [Use("1", "1")]), details)
    named = late_uses({"header": {"validUntil": "2027-01-20"}}, town.history())
    assert len(named) == 1
    assert "after the last day of validity, 2027-01-20" in named[0]
