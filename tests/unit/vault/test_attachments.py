"""Attached files."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.vault import bytes_named, place

from portledger.domain.hashing import sha256
from portledger.domain.vault_errors import AttachmentRefused, CiphertextMismatch, VaultError
from portledger.vault import attachments
from portledger.vault.attachments import Attachment, open_file, open_stream, seal_file
from portledger.vault.sealing import open_dataset, seal_dataset


def seal(data: bytes, name: str = "packing list.pdf") -> tuple[Attachment, bytes]:
    target = io.BytesIO()
    return seal_file(io.BytesIO(data), target, name, "application/pdf"), target.getvalue()


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 2**20 - 1, 2**20, 2**20 + 1, 3_000_000])
def test_a_file_comes_back_whole(size: int, tmp_path: Path) -> None:
    data = bytes_named("file", size)
    one, blob = seal(data)
    assert (one.size, one.sha256, one.blob) == (size, sha256(data), sha256(blob))
    open_file(one, (blob[start : start + 70_000] for start in range(0, len(blob), 70_000)), tmp_path / "out.pdf")
    assert (tmp_path / "out.pdf").read_bytes() == data


def test_a_file_with_the_longest_name_is_saved_under_it(tmp_path: Path) -> None:
    one, blob = seal(b"content", "x" * 255)
    open_file(one, [blob], tmp_path / one.name)
    assert (tmp_path / one.name).read_bytes() == b"content"


def test_its_leaf_is_the_digest_of_its_bytes() -> None:
    one, _ = seal(b"content")
    sealed = seal_dataset(place(), "cargo", 1, {"files": [one.to_value()]})
    opened = open_dataset(place(), sealed.entry, sealed.key, sealed.ciphertext)
    proof = opened.tree.prove("/files/0/sha256")
    proof.verify(opened.tree.commitment)
    assert proof.value == sha256(b"content").hex()
    assert Attachment.from_value(opened.value["files"][0]) == one


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "the last byte lost": lambda blob: blob[:-1],
    "a byte too many": lambda blob: blob + b"x",
    "a bit of the first byte turned": lambda blob: bytes([blob[0] ^ 1]) + blob[1:],
    "cut between two pieces": lambda blob: blob[: 2**20 + 16],
    "nothing": lambda blob: b"",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_bytes_leave_no_file_behind(damage: str, tmp_path: Path) -> None:
    one, blob = seal(bytes(2_000_000))
    with pytest.raises(VaultError):
        open_file(one, [DAMAGES[damage](blob)], tmp_path / "out.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_the_one_the_document_names_is_refused() -> None:
    one, blob = seal(b"content")
    for lie in (
        replace(one, sha256=bytes(32)),
        replace(one, size=6),
        replace(one, size=8),
        replace(one, blob=bytes(32)),
    ):
        with pytest.raises(AttachmentRefused):
            list(open_stream(lie, [blob]))
    with pytest.raises(CiphertextMismatch):
        list(open_stream(replace(one, key=bytes(32)), [blob]))


def test_a_file_above_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "MAX_SIZE", 1000)
    seal(bytes(1000))
    with pytest.raises(AttachmentRefused):
        seal(bytes(1001))


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a\\b", "a\nb", "e\u0301.pdf", "x" * 256, ".profile", "a\u202egpj.exe"]
)
def test_an_unsafe_name_is_refused(name: str) -> None:
    with pytest.raises(AttachmentRefused):
        seal(b"", name)
    with pytest.raises(AttachmentRefused):
        Attachment.from_value({**seal(b"")[0].to_value(), "name": name})


@pytest.mark.parametrize(
    "change", [{"mediaType": "PDF"}, {"size": -1}, {"size": 100_000_001}, {"sha256": "00"}, {"sealed": {}}, {"x": 1}]
)
def test_a_value_that_is_no_attachment_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(AttachmentRefused):
        Attachment.from_value({**seal(b"")[0].to_value(), **change})
