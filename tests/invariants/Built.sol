// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {VM} from "./Vm.sol";

/// The contracts as they are deployed, from the artifacts that `./run` has made of them: compiling them once more, with
/// every test that creates them, takes minutes.
library Built {
    /// Create a contract as `new` does, with the caller's next nonce.
    /// @param arguments the constructor's, ABI-encoded
    function create(string memory name, bytes memory arguments) internal returns (address made) {
        bytes memory code = abi.encodePacked(VM.getCode(string.concat("build/contracts/", name, ".json")), arguments);
        assembly {
            made := create(0, add(code, 0x20), mload(code))
        }
        require(made != address(0), name);
    }
}
