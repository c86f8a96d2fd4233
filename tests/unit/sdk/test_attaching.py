"""Names for the files of a document, each its own."""

from portledger.sdk.attaching import file_names
from portledger.vault.attachments import Attachment


def listed(*names: str) -> list[Attachment]:
    return [Attachment(name, "text/plain", 1, bytes(32), bytes(32), bytes(32), bytes(12)) for name in names]


def test_files_of_one_name_get_numbers() -> None:
    assert file_names(listed("a.txt", "b.txt", "a.txt", "a.txt")) == ["a.txt", "b.txt", "a-2.txt", "a-3.txt"]


def test_a_numbered_name_that_is_given_already_is_passed_over() -> None:
    assert file_names(listed("a-2.txt", "a.txt", "a.txt")) == ["a-2.txt", "a.txt", "a-3.txt"]


def test_names_that_differ_in_case_only_are_kept_apart() -> None:
    assert file_names(listed("A.txt", "a.txt", "README")) == ["A.txt", "a-2.txt", "README"]
