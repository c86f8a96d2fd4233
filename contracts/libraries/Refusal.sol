// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title Errors as values: a batch skips what is refused, so a refusal is returned, and reverts only in `execute`.
library Refusal {
    function encode(bytes4 selector, uint256 a) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, a);
    }

    function encode(bytes4 selector, uint256 a, uint256 b) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, a, b);
    }

    function encode(bytes4 selector, uint256 a, uint256 b, uint256 c) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, a, b, c);
    }

    /// @dev Reverts with the encoded error, if there is one.
    // Only so can an encoded error be thrown.
    // slither-disable-next-line assembly
    function raise(bytes memory reason) internal pure {
        if (reason.length != 0) {
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
    }
}
