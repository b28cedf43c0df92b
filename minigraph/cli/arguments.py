"""The arguments of all commands, and their help texts."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NoReturn, get_args

from minigraph import __version__
from minigraph.cli.terminal import printable
from minigraph.cli.usage import at_least, delimiter, file, number
from minigraph.functions.activations import ActivationName

_EXAMPLES = {
    "train": "minigraph train iris.csv --target species --hidden 8 -o iris.safetensors",
    "predict": "minigraph predict iris.safetensors flowers.csv --probabilities -o species.csv",
    "check": "minigraph check iris.safetensors iris.csv",
    "diagram": "minigraph diagram iris.safetensors --data iris.csv --row 3 -o iris.svg",
    "summary": "minigraph summary iris.safetensors",
    "export": "minigraph export iris.safetensors -o iris.onnx",
}
_NOTES = {
    "train": """\
Ctrl-C ends training after the current step and saves the network as it is then.

""",
    "predict": """\
Text that a spreadsheet would interpret as a formula is prefixed with an apostrophe:
text that starts with = + - @ (ignoring spaces), a tab or a line end, and is not a
number. On a terminal, control characters are shown escaped.

""",
    "summary": """\
Control characters in names are shown escaped, such as \\x1b.

""",
}
_EXIT_CODES = "exit codes: 0 done; 1 an error, or a failed check; 2 wrong arguments; 130 interrupted"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    program = _Parser(
        "minigraph",
        description="Neural networks whose every number can be seen.",
        epilog=f"example:\n  {_EXAMPLES['train']}\n\n{_EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    program.add_argument("--version", action="version", version=f"minigraph {__version__}")
    commands = program.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
        "train": ("train a network on a table and save it", _add_train),
        "predict": ("predict the target for the rows of a table", _add_predict),
        "check": ("compare backpropagation with numerical differentiation", _add_check),
        "diagram": ("draw a network as SVG, PNG, PDF or DOT", _add_diagram),
        "summary": ("list the nodes of a network", _add_model),
        "export": ("write a network in the ONNX format (extra 'onnx')", _add_export),
    }
    for name, (purpose, add_arguments) in add.items():
        command = commands.add_parser(
            name,
            help=purpose,
            description=f"{purpose[0].upper()}{purpose[1:]}.",
            epilog=f"{_NOTES.get(name, '')}example:\n  {_EXAMPLES[name]}\n\n{_EXIT_CODES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        add_arguments(command)
    return program


class _Parser(argparse.ArgumentParser):
    """A parser whose errors may quote whatever was received."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def _add_train(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    names = get_args(ActivationName)
    rate, count = "a number >= 0 and < 1", at_least(1)
    add("data", type=file, help="CSV with a header row; all columns except the target are features, and numeric")
    add("--target", required=True, metavar="COLUMN", help="column to predict: classes or a number")
    add("--ignore", action="append", default=[], metavar="COLUMN", help="ignore a column; repeatable")
    add("--drop-missing", action="store_true", help="drop rows with missing values")
    add("--task", choices=("auto", "classification", "regression"), default="auto",
        help="auto: text and few distinct integers are classes, other numbers are quantities")  # fmt: skip
    _add_delimiter(parser)
    add("--hidden", type=count, nargs="*", default=[25], metavar="UNITS",
        help="sizes of the hidden layers (25)")  # fmt: skip
    add("--activation", choices=names, default="relu", metavar="NAME",
        help=f"activation of the hidden layers (relu): {', '.join(names)}")  # fmt: skip
    add("--l2", type=number("a finite number >= 0", least=0), default=1.0, metavar="LAMBDA",
        help="λ, the weight of the regularization term (1)")  # fmt: skip
    add("--dropout", type=number(rate, least=0, below=1), default=0.0, metavar="RATE",
        help="dropout rate of the hidden layers (0)")  # fmt: skip
    add("--epochs", type=count, default=500, help="maximum number of epochs (500)")
    add("--patience", type=count, default=20, help="epochs without improvement before training stops (20)")
    add("--batch-size", type=count, default=32, metavar="M", help="examples per step (32)")
    add("--learning-rate", type=number("a number > 0 and <= 1e9", above=0, most=1e9), default=0.003, metavar="ALPHA",
        help="learning rate of Adam (0.003)")  # fmt: skip
    add("--validation", type=number(rate, least=0, below=1), default=0.2, metavar="SHARE",
        help="fraction of the rows held out for early stopping (0.2); 0 trains on all")  # fmt: skip
    add("--seed", type=at_least(0), default=0, help="random seed (0)")
    add("--quiet", action="store_true", help="do not show progress")
    add("-o", "--output", type=file, default="model.safetensors", metavar="FILE",
        help="the .safetensors file to write (model.safetensors)")  # fmt: skip


def _add_predict(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    add = parser.add_argument
    add("data", type=file, help="CSV with the columns that the network was trained on; others are ignored")
    add("--probabilities", action="store_true", help="add a column p(CLASS) for each class")
    _add_delimiter(parser)
    add("-o", "--output", type=file, metavar="FILE", help="the CSV file to write (standard output)")


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    add = parser.add_argument
    add("data", type=file, help="CSV with the columns that the network was trained on, and the target")
    _add_target(parser)
    add("--rows", type=at_least(1), default=10, metavar="M", help="number of rows to check on (10)")
    add("--sample", type=at_least(1), metavar="N", help="number of parameters to check, drawn at random")
    _add_delimiter(parser)


def _add_diagram(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    add = parser.add_argument
    add("-o", "--output", type=file, required=True, metavar="FILE", help="output file: .svg, .png, .pdf or .dot")
    add(
        "--data",
        type=file,
        metavar="CSV",
        help="show the activations of a row, and its errors if the target is present",
    )
    add("--row", type=at_least(1), metavar="N", help="row of the table, starting at 1 (1)")
    _add_target(parser)
    _add_delimiter(parser)
    add("--detail", choices=("auto", "units", "layers"), default="auto")
    add("--max-units", type=at_least(1), default=12, metavar="N", help="maximum number of units drawn per node (12)")
    add("--direction", choices=("LR", "TB"), default="LR")
    add("--theme", choices=("light", "dark", "print", "auto"), default="light")
    add("--title")


def _add_export(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    parser.add_argument("-o", "--output", type=file, required=True, metavar="FILE", help="the .onnx file to write")


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=file, help="file written by 'minigraph train' or mg.save")


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", metavar="COLUMN", help="target column, if not named like the output node")


def _add_delimiter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--delimiter",
        type=delimiter,
        metavar="CHAR",
        help="cell delimiter, or 'tab'; detected from the header if absent",
    )
