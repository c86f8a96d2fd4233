// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title Everything the ledger can refuse, each with what was found and what was allowed.
/// @notice `execute` reverts with one of these; `executeBatch` puts it, encoded, into `ActionRefused`. The Python twins
/// carry the same names and parameters.
interface ILedgerErrors {
    /// @notice The deadline (unix seconds) has passed at the block's time.
    error Expired(uint40 deadline, uint256 time);
    /// @notice The deadline lies more than 30 days ahead.
    error DeadlineTooFar(uint40 deadline, uint256 latest);
    /// @notice No kind with this number has been defined.
    error KindUnknown(uint16 kind);
    /// @notice The record was created with another kind; it never changes.
    error KindMismatch(uint16 given, uint16 recorded);
    /// @notice No such record, or it has ended.
    error NoRecord(bytes32 document);
    /// @notice The kind has no row for this verb in this state.
    error NoRule(uint16 kind, uint8 state, uint8 verb);
    /// @notice The guardian froze the record.
    error RecordFrozen(bytes32 document, uint40 until);
    /// @notice A creating act's id must be keccak256(family, actor, documentReference).
    error WrongDocumentId(bytes32 given, bytes32 expected);
    /// @notice Not registered (1), suspended (2) or locked (3).
    error PartyInactive(uint32 party, uint8 why);
    /// @notice The party's epoch moved on; signatures of the old one are dead.
    error EpochPassed(uint32 party, uint32 given, uint32 current);
    /// @notice The party holds none of the roles that the row asks for.
    error RoleMissing(uint32 party, uint64 needed);
    /// @notice The actor does not stand to the record as the row's `who` demands.
    error NotAllowed(uint32 actor, uint16 who);
    /// @notice 0 terms, 1 counterparty, 2 endorsee, 3 content, 4 reference, 5 detail, 6 quantity; the registry's:
    /// 16 lists, 17 threshold or full accounts, 18 recovery barred, 19 scope, 20 what, 21 value, 22 until,
    /// 23 already so, 24 order digest, 25 address.
    /// `allowed` is the one allowed value where there is one, else 0.
    error BadParameter(uint8 parameter, uint256 found, uint256 allowed);
    /// @notice The record's head moved on since the act was signed.
    error StalePrevious(bytes32 document, bytes32 given, bytes32 head);
    /// @notice Malformed, not ascending, of a foreign account, or not as many as needed.
    error SignaturesRefused(uint32 party, uint256 given, uint256 needed);
    /// @notice The account may not sign acts of this class.
    error ScopeMissing(address account, uint8 scope, uint8 needed);
    /// @notice The certifier's number already lives in `document`.
    error NumberTaken(bytes32 claim, bytes32 document);
    /// @notice This very note was applied before.
    error NoteRepeated(bytes32 digest);
    /// @notice The version (0) or the sequence (1) is at its end.
    error CounterFull(bytes32 document, uint8 counter);
    /// @notice A kind is defined once.
    error KindSealed(uint16 kind);
    /// @notice 1 order, 2 verbs, 3 bits, 4 create state, 5 next, 6 note, 7 who, 8 content, 9 mode, 10 class.
    error BadKind(uint256 key, uint8 why);
    /// @notice An account belongs to one party for ever.
    error AccountTaken(address account);
    /// @notice The account did not sign its consent to exactly this.
    error BadConsent(address account);
    /// @notice A change of this party, source and matter is open until `until`.
    error ChangeOpen(bytes32 changeId, uint40 until);
    /// @notice Not before `readyAt`, not after it by more than 14 days, and only once; 0 = there is no such thing.
    error NotReady(uint40 readyAt);
    /// @notice Unknown, over, ordered by the governor, or it takes nothing away.
    error NotVetoable(bytes32 changeId);
    /// @notice Only the holder of the power: 1 governor, 2 registrar, 3 guardian.
    error PowerMissing(uint8 power, address sender);
    /// @notice A list, or a call that goes into a party's log, is longer than allowed.
    error TooLong(uint256 found, uint256 allowed);
}
