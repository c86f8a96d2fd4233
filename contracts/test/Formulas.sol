// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Hashes} from "../libraries/Hashes.sol";

/// @title The library's formulas, to be asked one by one by the shared vectors. Never deployed.
contract Formulas {
    /// @notice The next head of a log, at the block's time.
    function entry(bytes32 previous, bytes32 digest, uint256 result, bytes32 signers) external view returns (bytes32) {
        return Hashes.entry(previous, digest, result, signers);
    }

    /// @notice The next ledgerHead.
    function chain(bytes32 ledgerHead, bytes32 head) external pure returns (bytes32) {
        return Hashes.chain(ledgerHead, head);
    }
}
