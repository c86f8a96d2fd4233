"""Salts that a document takes over from another one: equal values only, so that equality can be proven unseen."""

import os

from portledger.vault.contents import carry, seal_content
from portledger.vault.manifest import Place

FIRST = {"route": {"pol": "JPTYO", "pod": "USNYC", "stops": ["A", "B"]}, "price": {"amount": "100"}}
SECOND = {"route": {"pol": "JPTYO", "pod": "USLAX", "stops": ["A", "C"]}, "other": {"pol": "JPTYO"}}


def place() -> Place:
    return Place(1337, b"\x5f" * 20, os.urandom(32), 0x0101)


def test_a_salt_goes_with_a_value_that_is_equal_at_the_same_place() -> None:
    first = seal_content(place(), ["route", "price"], FIRST).opened
    carried = carry(SECOND, first)
    assert {name: set(paths) for name, paths in carried.items()} == {"route": {"/pol", "/stops/0"}}
    assert carried["route"]["/pol"] == first["route"].salt("/pol")


def test_equality_is_then_proven_and_only_there() -> None:
    first = seal_content(place(), ["route", "price"], FIRST)
    second = seal_content(place(), ["route", "other"], SECOND, carry(SECOND, first.opened))
    proof = second.opened["route"].tree.prove_equal("/pol", first.opened["route"].tree, "/pol")
    proof.verify(second.manifest.tree("route"), first.manifest.tree("route"))
    fresh = seal_content(place(), ["route", "other"], SECOND)
    assert fresh.opened["route"].salt("/pol") != first.opened["route"].salt("/pol")
