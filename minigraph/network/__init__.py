"""Networks: the sorted graph between inputs and outputs, with its cost and its parameters."""

from minigraph.errors import ModelFormatError


def __getattr__(name: str) -> object:
    # Pickles of minigraph 0.1 look for their class here.
    if name == "Network":
        raise ModelFormatError(
            "received a pickle of minigraph 0.1, which this version cannot read; in 0.1, save the network with"
            " mg.save(net, path), and load that with mg.load(path)"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
