"""The arguments of every command, and how errors end it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn, get_args

from minigraph import __version__
from minigraph.cli import commands
from minigraph.errors import MinigraphError
from minigraph.functions.activations import ActivationName

_EXAMPLES = {
    "train": "minigraph train iris.csv --target species --hidden 8 -o iris.safetensors",
    "predict": "minigraph predict iris.safetensors flowers.csv --probabilities -o species.csv",
    "check": "minigraph check iris.safetensors iris.csv",
    "diagram": "minigraph diagram iris.safetensors --data iris.csv --row 3 -o iris.svg",
    "summary": "minigraph summary iris.safetensors",
    "export": "minigraph export iris.safetensors -o iris.onnx",
}
_EXIT_CODES = "exit codes: 0 done; 1 an error, or a failed check; 2 wrong arguments; 130 interrupted"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Args:
        arguments: of the command line, without the program's name; None takes those of this process.

    >>> import contextlib, io
    >>> with contextlib.redirect_stderr(io.StringIO()) as errors:
    ...     main(["summary", "absent.safetensors"])
    1
    >>> errors.getvalue()
    "minigraph summary: error: No such file or directory: 'absent.safetensors'\\n"
    """
    parsed = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = getattr(commands, parsed.command)
    try:
        code = run(parsed)
        sys.stdout.flush()
        return code
    except MinigraphError as error:
        return _fail(parsed.command, str(error))
    except BrokenPipeError:
        # Whoever reads has had enough. What is left in the buffer must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail(parsed.command, str(error).partition("] ")[2] or str(error))
    except KeyboardInterrupt:
        _fail(parsed.command, "interrupted")
        return 130


def run() -> NoReturn:
    """Run the command line of this process."""
    sys.exit(main())


def _fail(command: str, message: str) -> int:
    print(f"minigraph {command}: error: {message}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "minigraph",
        description="Neural networks whose every number can be seen.",
        epilog=f"example:\n  {_EXAMPLES['train']}\n\n{_EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"minigraph {__version__}")
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_train(_add(choices, "train", "train a network on a table and save it"))
    _add_predict(_add(choices, "predict", "say what a network makes of the rows of a table"))
    _add_check(_add(choices, "check", "compare backpropagation with numerical differentiation"))
    _add_diagram(_add(choices, "diagram", "draw a network as SVG, PNG, PDF or DOT"))
    _add_model(_add(choices, "summary", "list the nodes of a network"))
    export = _add(choices, "export", "write a network in the ONNX format (extra 'onnx')")
    _add_model(export)
    export.add_argument("-o", "--output", required=True, metavar="FILE", help="the .onnx file to write")
    return parser


def _add(choices: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str) -> argparse.ArgumentParser:
    return choices.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=f"example:\n  {_EXAMPLES[name]}\n\n{_EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", help="CSV with a heading; all columns but the target are features, and numbers")
    parser.add_argument("--target", required=True, metavar="COLUMN", help="what is to be learnt: classes or a number")
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="COLUMN", help="leave a column out; repeatable"
    )
    parser.add_argument("--drop-missing", action="store_true", help="leave out rows with missing values")
    parser.add_argument(
        "--task",
        choices=("auto", "classification", "regression"),
        default="auto",
        help="auto: texts and few different whole numbers are classes, other numbers are quantities",
    )
    _add_delimiter(parser)
    parser.add_argument(
        "--hidden", type=_count, nargs="*", default=[25], metavar="UNITS", help="sizes of the hidden layers (25)"
    )
    parser.add_argument("--activation", choices=get_args(ActivationName), default="relu", metavar="NAME",
                        help=f"of the hidden layers (relu): {', '.join(get_args(ActivationName))}")  # fmt: skip
    parser.add_argument("--l2", type=float, default=1.0, metavar="LAMBDA", help="λ, the weight of regularization (1)")
    parser.add_argument("--dropout", type=float, default=0.0, metavar="RATE", help="share of hidden units dropped (0)")
    parser.add_argument("--epochs", type=_count, default=500, help="the most there may be (500)")
    parser.add_argument("--patience", type=_count, default=20, help="epochs without improvement to bear (20)")
    parser.add_argument("--batch-size", type=_count, default=32, metavar="M", help="examples in a step (32)")
    parser.add_argument("--learning-rate", type=float, default=0.003, metavar="ALPHA", help="of Adam (0.003)")
    parser.add_argument(
        "--validation",
        type=float,
        default=0.2,
        metavar="SHARE",
        help="of the rows, set aside to tell when to stop (0.2); 0 trains on all",
    )
    parser.add_argument("--seed", type=int, default=0, help="of everything random (0)")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument(
        "-o", "--output", default="model.safetensors", metavar="FILE", help="the model (model.safetensors)"
    )


def _add_predict(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    parser.add_argument("data", help="CSV with the columns that the network was trained on; others are passed over")
    parser.add_argument("--probabilities", action="store_true", help="add a column p(CLASS) for each class")
    _add_delimiter(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="the CSV to write; without, it goes to standard output")


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    parser.add_argument("data", help="CSV with the columns that the network was trained on, and the target")
    _add_target(parser)
    parser.add_argument("--rows", type=_count, default=10, metavar="M", help="how many rows to check on (10)")
    parser.add_argument("--sample", type=_count, metavar="N", help="check that many parameters, drawn at random")
    _add_delimiter(parser)


def _add_diagram(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="ends in .svg, .png, .pdf or .dot")
    parser.add_argument(
        "--data", metavar="CSV", help="show the activations of a row, and its errors if it has the target"
    )
    parser.add_argument("--row", type=_count, default=1, metavar="N", help="which row of the table, 1 for the first")
    _add_target(parser)
    _add_delimiter(parser)
    parser.add_argument("--detail", choices=("auto", "units", "layers"), default="auto")
    parser.add_argument("--max-units", type=_count, default=12, metavar="N", help="most units drawn of a node (12)")
    parser.add_argument("--direction", choices=("LR", "TB"), default="LR")
    parser.add_argument("--theme", choices=("light", "dark", "print", "auto"), default="light")
    parser.add_argument("--title")


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="file that 'minigraph train' or mg.save wrote")


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", metavar="COLUMN", help="column of the target, if not called like the output node")


def _add_delimiter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--delimiter", metavar="CHAR", help="between cells; found out from the heading if not given")


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"received {text}, expected a whole number >= 1")
    return value
