// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title The one formula of all logs, and the typed data of EIP-712.
library Hashes {
    bytes32 internal constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)");
    bytes32 internal constant ACTION_TYPE = keccak256(
        "Action(string intent,bytes32 document,bytes32 previous,bytes32 content,bytes32 documentReference,"
        "bytes32 detail,uint16 kind,uint8 verb,uint32 actor,uint32 epoch,uint32 counterparty,uint32 endorsee,"
        "uint24 quantity,uint40 deadline)"
    );
    bytes32 internal constant PARTY_ACTION_TYPE =
        keccak256("PartyAction(string intent,uint32 party,uint32 nonce,uint8 what,bytes32 value,uint40 deadline)");
    bytes32 internal constant VETO_TYPE = keccak256("Veto(string intent,uint32 party,bytes32 change)");
    bytes32 internal constant CONSENT_TYPE =
        keccak256("AccountConsent(string intent,uint32 party,address account,uint8 scope,bytes32 registration)");
    bytes32 internal constant VETO_WORDS = keccak256("Party: VETO CHANGE");
    bytes32 internal constant CONSENT_WORDS = keccak256("Party: CONSENT");

    // keccak256(abi.encode(…)) of words. One function per number of words: an encoder per mix of types would cost more
    // code than the contract may have.

    function words(uint256 a, uint256 b) internal pure returns (bytes32) {
        return keccak256(abi.encode(a, b));
    }

    function words(uint256 a, uint256 b, uint256 c) internal pure returns (bytes32) {
        return keccak256(abi.encode(a, b, c));
    }

    function words(uint256 a, uint256 b, uint256 c, uint256 d) internal pure returns (bytes32) {
        return keccak256(abi.encode(a, b, c, d));
    }

    function words(uint256 a, uint256 b, uint256 c, uint256 d, uint256 e) internal pure returns (bytes32) {
        return keccak256(abi.encode(a, b, c, d, e));
    }

    function words(uint256 a, uint256 b, uint256 c, uint256 d, uint256 e, uint256 f) internal pure returns (bytes32) {
        return keccak256(abi.encode(a, b, c, d, e, f));
    }

    /// @notice The next head of any log.
    function entry(bytes32 previous, bytes32 digest, uint256 result, bytes32 signers) internal view returns (bytes32) {
        return words(uint256(previous), uint256(digest), result, uint256(signers), block.timestamp);
    }

    /// @notice The next ledgerHead: over every entry of every log, in the order of execution.
    function chain(bytes32 ledgerHead, bytes32 head) internal pure returns (bytes32) {
        return words(uint256(ledgerHead), uint256(head));
    }

    /// @notice EIP-712.
    function typed(bytes32 separator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    /// @notice `signers` of one address.
    function one(address signer) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(signer)));
    }
}
