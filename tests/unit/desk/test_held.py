"""What a locked desk keeps of forms that came too late: sealed, bounded, and for their own party."""

from __future__ import annotations

import os

from portledger.desk.held import BYTES, FORMS, Form, Held
from portledger.vault.grants import EncryptionKey

KEY, OTHER = EncryptionKey(os.urandom(32)), EncryptionKey(os.urandom(32))


def numbers(held: Held) -> list[str]:
    return [one.given["number"] for one in held.forms("a", [KEY]).values()]


def test_a_form_comes_back_whole_to_its_own_party_and_key_only() -> None:
    held, form = Held(), Form("/as/a/import", {"kind": "髙﨑"}, bytes(range(256)), "x.csv", 1_790_000_000)
    held.keep("a", KEY.public, form)
    assert list(held.forms("a", [OTHER, KEY]).values()) == [form]
    assert held.forms("a", [OTHER]) == held.forms("b", [KEY]) == {}
    assert (held.has("a"), held.has("b")) == (True, False)


def test_a_form_is_taken_once_and_can_be_put_back_until_a_person_locks_the_desk() -> None:
    held, form = Held(), Form("/", {"number": "1"})
    held.keep("a", KEY.public, form)
    (token,) = held.forms("a", [KEY])
    taken = held.take(token)
    assert taken is not None
    assert (held.has("a"), held.take(token)) == (False, None)
    held.put_back(taken)
    assert held.forms("a", [KEY]) == {token: form}
    taken = held.take(token)
    assert taken is not None
    held.clear()
    held.put_back(taken)
    assert not held.has("a")


def test_the_newest_forms_stay_and_come_first() -> None:
    held = Held()
    for number in range(FORMS + 3):
        held.keep("a", KEY.public, Form("/", {"number": str(number)}))
    assert numbers(held) == [str(number) for number in range(FORMS + 2, 2, -1)]


def test_all_together_are_bounded_and_one_that_is_larger_alone_is_not_kept() -> None:
    held = Held()
    for number in range(3):
        held.keep("a", KEY.public, Form("/", {"number": str(number)}, bytes(BYTES // 4)))
    assert numbers(held) == ["2", "1"]
    held.keep("a", KEY.public, Form("/", {"number": "3"}, bytes(BYTES)))
    assert numbers(held) == ["2", "1"]


def test_what_was_typed_comes_back_once_and_a_person_s_lock_forgets_all() -> None:
    held = Held()
    held.keep_typed("a", KEY.public, {"/x": {"comments": "long"}})
    assert held.take_typed("a", [OTHER]) == {}
    held.keep_typed("a", KEY.public, {"/x": {"comments": "long"}})
    assert held.take_typed("a", [KEY]) == {"/x": {"comments": "long"}}
    assert held.take_typed("a", [KEY]) == {}
    held.keep_typed("a", KEY.public, {"/x": {}})
    held.keep("a", KEY.public, Form("/", {}))
    held.clear()
    assert not held.has("a")
    assert held.take_typed("a", [KEY]) == {}
