"""Tables spoiled at random: the contract and the model refuse the same ones, for the same row and reason."""

from __future__ import annotations

from collections import Counter
from random import Random

from portledger import resources
from portledger.domain.codes import BadKindWhy
from portledger.domain.errors import BadKind, LedgerError
from portledger.domain.model import Ledger
from portledger.domain.signatures import address_of
from tests.support.node import KEYS, Chain, call

Arguments = tuple[int, bytes, list[int], list[int], list[int], list[bytes]]
TABLES = 600
SEED = 20_260_401
FREE = 0x7E00
"""A number that no kind has."""
GOVERNOR = address_of(KEYS.governor)


def spoiled(random: Random, table: Arguments) -> Arguments:
    """A kind's arguments with one thing, sometimes two, changed."""
    _, file_digest, *_ = table
    keys, words, verbs, intents = list(table[2]), list(table[3]), list(table[4]), list(table[5])
    for _ in range(random.choice((0, 1, 1, 1, 2))):
        match random.randrange(9):
            case 0 | 1 | 2:
                words[random.randrange(len(words))] ^= 1 << random.randrange(256)
            case 3:
                at = random.randrange(len(keys))
                keys[at] = random.choice((0, keys[at] ^ 1 << random.randrange(18), keys[at - 1]))
            case 4:
                at = random.randrange(len(verbs))
                verbs[at] = random.choice((0, verbs[at - 1], verbs[at] ^ 1 << random.randrange(8)))
            case 5:
                random.choice([keys.pop, words.pop, verbs.pop, intents.pop])()
            case 6:
                del keys[-1], words[-1]
            case 7:
                del verbs[0], intents[0]
            case 8:
                words[0], words[-1] = words[-1], words[0]
    return FREE, file_digest, keys, words, verbs, intents


def verdict_of_contract(chain: Chain, arguments: Arguments) -> LedgerError | None:
    try:
        chain.ledger.simulate(GOVERNOR, call("defineKind", *arguments))
    except LedgerError as refusal:
        return refusal
    return None


def verdict_of_model(chain: Chain, arguments: Arguments) -> LedgerError | None:
    powers = (address_of(secret) for secret in (KEYS.governor, KEYS.registrar, KEYS.guardian))
    model = Ledger(chain.domain, *powers)
    try:
        model.define_kind(GOVERNOR, *arguments, chain.now(), bytes(32))
    except LedgerError as refusal:
        return refusal
    return None


def test_contract_and_model_refuse_the_same_tables_for_the_same_reason(chain: Chain) -> None:
    random = Random(SEED)
    tables = [kind.define_arguments() for kind in resources.kinds().values()]
    verdicts: Counter[str] = Counter()
    for _ in range(TABLES):
        arguments = spoiled(random, random.choice(tables))
        expected = verdict_of_model(chain, arguments)
        assert verdict_of_contract(chain, arguments) == expected, arguments
        verdicts[BadKindWhy(expected.why).name if isinstance(expected, BadKind) else "sealed"] += 1
    print(f"\n{TABLES} tables:", dict(verdicts))
    assert verdicts.keys() == {why.name for why in BadKindWhy} | {"sealed"}
