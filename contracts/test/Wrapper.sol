// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IDocumentLedger} from "../interfaces/IDocumentLedger.sol";

/// @title A contract that carries acts: proves that authority and evidence do not depend on who does. Never deployed.
contract Wrapper {
    /// @notice Forwards any call.
    function forward(address target, bytes calldata data) external {
        (bool good, bytes memory answer) = target.call(data);
        if (!good) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    /// @notice Several acts, all or nothing.
    function all(IDocumentLedger ledger, IDocumentLedger.SignedAction[] calldata actions) external {
        for (uint256 i = 0; i < actions.length; ++i) {
            ledger.execute(actions[i]);
        }
    }
}
