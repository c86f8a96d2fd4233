"""Signed legacy transactions are what eth_account makes of the same values."""

import pytest
from eth_account import Account

from portledger.chain.transactions import Transaction, contract_address, transaction_hash
from portledger.domain.signatures import address_of

KEY = bytes(range(1, 33))


@pytest.mark.parametrize("chain_id", [1, 1337, 2**32 + 7])
@pytest.mark.parametrize(
    "transaction",
    [
        Transaction(0, 21_000, bytes(range(20)), b""),
        Transaction(127, 10**9, bytes(20), b"\x01", gas_price=0, value=5),
        Transaction(128, 8_000_000, b"", b"\x60" * 55),
        Transaction(70_000, 8_000_000, b"\xff" * 20, b"\x00" * 56, gas_price=10**18),
        Transaction(3, 10**10, b"\xff" * 20, bytes(70_000)),
    ],
)
def test_the_signed_bytes_are_those_of_eth_account(transaction: Transaction, chain_id: int) -> None:
    values = {
        "nonce": transaction.nonce,
        "gas": transaction.gas,
        "gasPrice": transaction.gas_price,
        "value": transaction.value,
        "data": transaction.data,
        "chainId": chain_id,
    }
    if transaction.to:
        values["to"] = transaction.to
    theirs = Account.sign_transaction(values, KEY)
    ours = transaction.sign(KEY, chain_id)
    assert ours == bytes(theirs.raw_transaction)
    assert transaction_hash(ours) == bytes(theirs.hash)
    assert bytes.fromhex(Account.recover_transaction(ours)[2:]) == address_of(KEY)


def test_a_contracts_address_follows_from_sender_and_nonce() -> None:
    sender = bytes.fromhex("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")
    assert contract_address(sender, 0).hex() == "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"
    assert contract_address(sender, 1).hex() == "343c43a37d37dff08ae8c4a11544c718abb4fcf8"
