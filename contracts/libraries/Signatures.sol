// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Signatures in the one accepted form: 65 bytes r | s | v, low s, v 27 or 28.
/// @dev No EIP-2098, no ERC-1271: a signature must be checkable for ever, without the chain.
library Signatures {
    uint256 internal constant LENGTH = 65;

    /// @return The signer of the signature number `index`, or 0 when it is malformed.
    function signer(bytes32 digest, bytes calldata signatures, uint256 index) internal pure returns (address) {
        bytes calldata one = signatures[index * LENGTH:(index + 1) * LENGTH];
        (address found, ECDSA.RecoverError problem,) =
            ECDSA.tryRecover(digest, uint8(one[64]), bytes32(one[0:32]), bytes32(one[32:64]));
        return problem == ECDSA.RecoverError.NoError ? found : address(0);
    }
}
