// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ILedgerErrors} from "./ILedgerErrors.sol";
import {Change} from "../types/Change.sol";

/// @title Parties, their accounts, and the three powers.
/// @notice A party is an organisation, not a key. Nobody but its own accounts acts for it; what a power may change
/// about it is delayed, visible on the ledger, and can be vetoed by any of its accounts.
/// @dev Safety: no call here moves a title. Liveness: a party with an account left can always lock itself, leave a
/// locked state, and raise its epoch. A registrar can never remove an account.
interface IPartyRegistry is ILedgerErrors {
    /// @notice What a party starts with. Every account signs its consent to all of it.
    /// @param profile SHA-256 of the salted profile document
    /// @param roles bits of protocol/roles.toml
    /// @param encryptionKey SHA-256 of the raw public key that grants are sealed to
    /// @param threshold signatures that a critical act needs; 1 <= threshold <= accounts with full scope, at most 15
    /// @param recoveryBarred no registrar, no order may add an account or change the threshold
    /// @param accounts at most 15, each new to the ledger
    /// @param scopes one per account: 1 filing, 2 issue, 4 title, 8 official, 128 admin; 255 = full
    /// @param consents one signature (65 bytes) per account over AccountConsent
    struct Registration {
        bytes32 profile;
        uint64 roles;
        bytes32 encryptionKey;
        uint8 threshold;
        bool recoveryBarred;
        address[] accounts;
        uint8[] scopes;
        bytes[] consents;
    }

    /// @notice A party's act on itself. The nonce is not sent: it is the party's next one (for LOCK its epoch).
    /// @param what 1 add account, 2 remove account, 3 set threshold, 4 set profile, 5 rotate encryption key, 6 bump
    /// epoch, 7 lock, 8 unlock, 9 bar recovery, 10 unbar recovery
    /// @param consent of the account that is added at once, else empty
    struct SignedPartyAction {
        uint32 party;
        uint8 what;
        bytes32 value;
        uint40 deadline;
        bytes signatures;
        bytes consent;
    }

    /// @notice A change of a party that waits, and what it would set.
    struct Waiting {
        Change change;
        bytes32 value;
    }

    /// @notice One entry of a party's log: everything that the head is made of, and the call that made it.
    /// @param accountWord the word of the one account touched, 0 when none or in `register`
    /// @param signers the one address, or the hash of several; 0 for `enact`
    /// @param call msg.data, at most 4,096 bytes
    event PartyChanged(
        uint32 indexed party,
        bytes32 digest,
        uint256 partyWord,
        bytes32 profile,
        bytes32 encryptionKey,
        uint256 accountWord,
        bytes32 signers,
        bytes32 head,
        bytes call
    );
    /// @notice A change of a party was opened; readyAt in unix seconds.
    event ChangeProposed(
        uint32 indexed party,
        bytes32 indexed changeId,
        uint8 what,
        uint8 source,
        bytes32 value,
        uint40 readyAt
    );
    /// @notice A change was killed by its party.
    event ChangeVetoed(uint32 indexed party, bytes32 indexed changeId);
    /// @notice A change took effect.
    event ChangeEnacted(uint32 indexed party, bytes32 indexed changeId);
    /// @notice readyAt: when the appointed may accept; 0 when it has accepted.
    event Appointed(uint8 indexed power, address account, uint40 readyAt, bytes32 head, address sender);

    // Parameter names are part of the ABI that people read; an interface has no code in which they could shadow a view.
    // slither-disable-start shadowing-local

    /// @notice Admits a party. REGISTRAR.
    function register(Registration calldata registration) external returns (uint32 party);

    /// @notice A party's act on itself; anyone may carry it.
    /// @dev With enough signatures at once; with exactly one, where the table allows it, as a change that waits.
    function partyAct(SignedPartyAction calldata act) external;

    /// @notice Proposes a change: 14 days (roles 7), vetoable. REGISTRAR.
    function propose(uint32 party, uint8 what, bytes32 value) external;

    /// @notice Orders a change on the strength of a court's order: 30 days, not vetoable, suspends the party. GOVERNOR.
    function order(uint32 party, uint8 what, bytes32 value, bytes32 orderDigest) external;

    /// @notice Takes an order back, and ends the suspension unless another order's still runs. GOVERNOR.
    function cancelOrder(bytes32 changeId) external;

    /// @notice Kills a change; by any title or admin account that was the party's when it was proposed.
    /// @dev Works while the party is suspended or locked: that is when it is needed.
    function veto(bytes32 changeId, bytes calldata signature) external;

    /// @notice Carries a change out, after its delay and within 14 days of it; anyone may. Raises the epoch.
    function enact(bytes32 changeId, bytes calldata consent) external;

    /// @notice Suspends a party for at most 30 days; the registrar again only 90 days after the last end.
    function suspend(uint32 party, uint40 until) external;

    /// @notice Ends a suspension now. An order's suspension only the governor ends.
    function reinstate(uint32 party) external;

    /// @notice Names the next holder of a power, who accepts after 7 days. GOVERNOR.
    function appoint(uint8 power, address account) external;

    /// @notice Takes the power over. Warning: the three powers stay three different addresses.
    function accept(uint8 power) external;

    /// @notice The party's word (type Party); 0 when it is not registered.
    function party(uint32 id) external view returns (uint256);
    /// @notice The newest party's number; numbers ascend from 1.
    function lastParty() external view returns (uint32);
    /// @notice The account's word (type Account); 0 when it is nobody's.
    function account(address id) external view returns (uint256);
    /// @notice SHA-256 of the party's profile.
    function profile(uint32 id) external view returns (bytes32);
    /// @notice SHA-256 of the raw public key that grants are sealed to.
    function encryptionKey(uint32 id) external view returns (bytes32);
    /// @notice The running hash of the party's log; party 0 is the consortium.
    function partyHead(uint32 id) external view returns (bytes32);
    /// @notice The nonce of the party's next act on itself; LOCK's is `unlocks` of the party's word.
    function partyNonce(uint32 id) external view returns (uint32);
    /// @notice The packed word (type Change) and the value; 0 and 0 when nobody ever proposed it.
    function changes(bytes32 changeId) external view returns (Change change, bytes32 value);
    /// @notice The change that occupies the place party << 16 | source << 8 | what, or did so last.
    function openChange(uint256 key) external view returns (bytes32);
    /// @notice Defines kinds, appoints, orders.
    function governor() external view returns (address);
    /// @notice Admits, proposes, suspends.
    function registrar() external view returns (address);
    /// @notice Freezes single records.
    function guardian() external view returns (address);
    /// @notice Who may take the power over, and from when (unix seconds); zeroes when nobody may.
    function pending(uint8 power) external view returns (address account, uint40 readyAt);
    /// @notice The running hash over every entry of every log, in the order of execution.
    function ledgerHead() external view returns (bytes32);
    /// @notice Part of the EIP-712 domain: keeps test chains and forks apart.
    function salt() external view returns (bytes32);
    /// @notice The EIP-712 domain separator of this chain.
    function domainSeparator() external view returns (bytes32);
    /// @notice EIP-5267.
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );
    // slither-disable-end shadowing-local
}
