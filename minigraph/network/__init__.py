"""Networks: the sorted graph between inputs and outputs, with its cost and its parameters."""

from minigraph.errors import ModelFormatError


def __getattr__(name: str) -> object:
    # Where pickles of minigraph 0.1 look for their class.
    if name == "Network":
        raise ModelFormatError(
            "received a pickle of minigraph 0.1, which this version cannot read; in 0.1, write the network by"
            " mg.save(net, path), and read that by mg.load(path)"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
