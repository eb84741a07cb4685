// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// Tokens (ERC-20) that sales are paid in, good and bad, for tests alone.

/// Moves what it is asked to.
contract FairMoney {
    mapping(address owner => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    function mint(address owner, uint256 amount) external {
        balanceOf[owner] += amount;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external virtual returns (bool) {
        _move(msg.sender, to, amount, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external virtual returns (bool) {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount, amount);
        return true;
    }

    function _move(address from, address to, uint256 amount, uint256 arriving) internal {
        balanceOf[from] -= amount;
        balanceOf[to] += arriving;
    }
}

/// Keeps one unit of whatever it moves for somebody else.
contract TakingMoney is FairMoney {
    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount, amount - 1);
        return true;
    }
}

/// Adds one unit to what it moves for somebody else.
contract GivingMoney is FairMoney {
    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount, amount + 1);
        return true;
    }
}

/// Moves nothing and says so, where others revert.
contract RefusingMoney is FairMoney {
    function transferFrom(address, address, uint256) external pure override returns (bool) {
        return false;
    }
}

/// Takes one unit more from the sender than it was asked to.
contract GreedyMoney is FairMoney {
    function transfer(address to, uint256 amount) external override returns (bool) {
        _move(msg.sender, to, amount, amount);
        balanceOf[msg.sender] -= 1;
        return true;
    }
}

/// Answers nothing, as some older tokens do.
contract SilentMoney is FairMoney {
    function transfer(address to, uint256 amount) external override returns (bool) {
        _move(msg.sender, to, amount, amount);
        assembly {
            return(0, 0)
        }
    }

    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount, amount);
        assembly {
            return(0, 0)
        }
    }
}

/// Pays nobody whom its issuer has blocked.
contract BlockingMoney is FairMoney {
    error Blocked(address payee);

    mapping(address payee => bool) public blocked;

    function block_(address payee, bool stop) external {
        blocked[payee] = stop;
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        if (blocked[to]) revert Blocked(to);
        _move(msg.sender, to, amount, amount);
        return true;
    }
}

/// Calls whom it was told to, once and before it moves anything, and passes on what goes wrong there.
contract CallingMoney is FairMoney {
    address private _target;
    bytes private _call;

    function plan(address target, bytes calldata call_) external {
        _target = target;
        _call = call_;
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        _callBack();
        _move(msg.sender, to, amount, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        _callBack();
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount, amount);
        return true;
    }

    function _callBack() private {
        address target = _target;
        _target = address(0);
        if (target == address(0)) return;
        (bool done, bytes memory answer) = target.call(_call);
        if (!done) {
            assembly {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }
}
