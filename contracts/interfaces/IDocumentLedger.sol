// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IPartyRegistry} from "./IPartyRegistry.sol";

/// @title The ledger of controllable originals.
/// @notice Authority comes from the signatures alone: anyone may carry an act here. Rules are data: a kind is a sealed
/// table of rows (state, verb) -> (next state, who may, effect).
/// @dev Safety: possession, endorsement, content and end of a record change only by a row of its kind, signed by the
/// party that the row names; there is no owner, no upgrade, no call to other contracts. Liveness: a live record of the
/// shipped kinds always has somebody who can act.
/// Warning: `ActionRefused` has meaning only in the sender's own receipt: anybody can make the ledger emit one.
interface IDocumentLedger is IPartyRegistry {
    /// @notice One signed act. Its words (`intent`) are not sent: the ledger takes their hash from the sealed kind.
    /// @param document keccak256(abi.encode(uint16 family, uint32 creator, bytes32 documentReference)) of the first act
    /// @param previous the record's head that this act extends; 0 for a creating act
    /// @param content digest of the new manifest in rows that write content, else 0
    /// @param documentReference in creating rows and where a number is claimed, else 0
    /// @param detail digest of the salted particulars, 0 = none
    /// @param terms see type Terms
    /// @param signatures 65 bytes each (r, s, v), low s, v 27 or 28, ascending by signer
    struct SignedAction {
        bytes32 document;
        bytes32 previous;
        bytes32 content;
        bytes32 documentReference;
        bytes32 detail;
        uint256 terms;
        bytes signatures;
    }

    /// @notice One document: its state and the running hash of its history.
    struct Record {
        uint256 control;
        bytes32 head;
    }

    /// @notice An act was applied; with the signatures, so that it can be proved whoever carried it.
    event ActionApplied(
        bytes32 indexed document,
        bytes32 indexed digest,
        bytes32 head,
        uint256 control,
        uint256 terms,
        bytes32 content,
        bytes32 documentReference,
        bytes32 detail,
        bytes signatures
    );
    /// @notice A note was applied; head is the notes' head.
    event NoteApplied(
        bytes32 indexed document,
        bytes32 indexed digest,
        bytes32 head,
        uint256 control,
        uint256 terms,
        bytes32 content,
        bytes32 documentReference,
        bytes32 detail,
        bytes signatures
    );
    /// @notice An item of a batch was refused and wrote nothing. reason: the ABI-encoded error.
    event ActionRefused(uint256 index, bytes32 indexed digest, bytes reason);
    /// @notice The guardian, or the governor, stopped a record until then. reason: digest of the order.
    event Frozen(
        bytes32 indexed document, bytes32 head, uint256 control, uint40 until, bytes32 reason, address sender
    );
    /// @notice A freeze was ended before its time.
    event Unfrozen(bytes32 indexed document, bytes32 head, uint256 control, address sender);
    /// @notice call: the whole table as it was sent.
    event KindDefined(
        uint16 indexed kind, bytes32 kindDigest, bytes32 fileDigest, bytes32 head, address sender, bytes call
    );

    /// @notice Applies one act, or reverts with the typed error of the first step that it fails.
    function execute(SignedAction calldata action) external;

    /// @notice Applies acts one after the other over the same path; refused ones are skipped, with an event.
    function executeBatch(SignedAction[] calldata actions) external;

    /// @notice Seals a kind for ever. GOVERNOR.
    /// @param keys state << 8 | verb, strictly ascending
    /// @param words one type Rule per key
    /// @param verbs every verb of a row once, strictly ascending
    /// @param intentHashes keccak256 of the words that a wallet shows, one per verb
    function defineKind(
        uint16 kind,
        bytes32 fileDigest,
        uint256[] calldata keys,
        uint256[] calldata words,
        uint8[] calldata verbs,
        bytes32[] calldata intentHashes
    ) external;

    /// @notice Stops the control acts of one record for at most 30 days. Moves nothing. GUARDIAN.
    /// @dev Again only 90 days after the last end, or by the governor.
    function freeze(bytes32 document, uint40 until, bytes32 reason) external;

    /// @notice Ends a freeze now. GUARDIAN or GOVERNOR.
    function unfreeze(bytes32 document) external;

    /// @notice The record's state (type Control); 0 is the only mark of a record that does not exist.
    function control(bytes32 document) external view returns (uint256);
    /// @notice The running hash of the record's acts: what the next one must name as `previous`.
    function head(bytes32 document) external view returns (bytes32);
    /// @notice The running hash of the notes on the record.
    function notesHead(bytes32 document) external view returns (bytes32);
    /// @notice Whether the note with this digest was applied.
    function noted(bytes32 digest) external view returns (bool);
    /// @notice The row kind << 16 | state << 8 | verb (type Rule); 0 when there is none.
    function rules(uint256 key) external view returns (uint256);
    /// @notice keccak256 of the words that a wallet shows for kind << 8 | verb.
    function intents(uint256 key) external view returns (bytes32);
    /// @notice keccak256(fileDigest, keccak256(table)); clients accept only those of the files that they ship.
    function kindDigest(uint16 kind) external view returns (bytes32);
    /// @notice The document that holds the number keccak256(family, certifier, documentReference).
    function claims(bytes32 claim) external view returns (bytes32);
    /// @notice Secured party 32 | frozenUntil 40, low to high.
    function extension(bytes32 document) external view returns (uint256);
    /// @notice Bit s is set when state s has a row: records in other states have ended.
    function liveStates(uint16 kind) external view returns (uint256);
}
