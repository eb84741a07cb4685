// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// Tokens (ERC-20), good and bad, for tests alone.

/// Moves what it is asked to, and takes permits (EIP-2612).
contract FairToken {
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    mapping(address owner => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;
    mapping(address owner => uint256) public nonces;

    function mint(address owner, uint256 amount) external {
        balanceOf[owner] += amount;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
    {
        require(block.timestamp <= deadline, "late");
        bytes32 intent = keccak256(abi.encode(PERMIT, owner, spender, value, nonces[owner]++, deadline));
        bytes32 digest = keccak256(abi.encodePacked("\x19\x01", DOMAIN_SEPARATOR(), intent));
        require(owner != address(0) && ecrecover(digest, v, r, s) == owner, "not the owner");
        allowance[owner][spender] = value;
    }

    function transferFrom(address from, address to, uint256 amount) external virtual returns (bool) {
        _move(from, to, amount, amount);
        return true;
    }

    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Fair Token"),
                keccak256("1"),
                block.chainid,
                address(this)
            )
        );
    }

    function _move(address from, address to, uint256 amount, uint256 arriving) internal {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += arriving;
    }
}

/// Keeps one unit of what it moves.
contract TakingToken is FairToken {
    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        _move(from, to, amount, amount - 1);
        return true;
    }
}

/// Adds one unit to what it moves.
contract GivingToken is FairToken {
    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        _move(from, to, amount, amount + 1);
        return true;
    }
}

/// Takes from the payee instead.
contract RobbingToken is FairToken {
    function transferFrom(address, address to, uint256 amount) external override returns (bool) {
        balanceOf[to] -= amount;
        return true;
    }
}

/// Moves nothing and says so, where others revert.
contract RefusingToken is FairToken {
    function transferFrom(address, address, uint256) external pure override returns (bool) {
        return false;
    }
}

/// Moves what it is asked to and answers nothing, as some older tokens do.
contract SilentToken is FairToken {
    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        _move(from, to, amount, amount);
        assembly {
            return(0, 0)
        }
    }
}

/// Calls whom it was told to, once and before it moves anything, and passes on what goes wrong there. Whom it calls may
/// take what the token itself holds.
contract CallingToken is FairToken {
    address private _target;
    bytes private _call;

    function plan(address target, bytes calldata call_) external {
        _target = target;
        _call = call_;
        allowance[address(this)][target] = type(uint256).max;
    }

    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        address target = _target;
        _target = address(0);
        if (target != address(0)) {
            (bool done, bytes memory answer) = target.call(_call);
            if (!done) {
                assembly {
                    revert(add(answer, 0x20), mload(answer))
                }
            }
        }
        _move(from, to, amount, amount);
        return true;
    }
}
