"""The hierarchy of errors, and the nearest valid choice."""

import pytest

import minigraph as mg
from minigraph import errors
from minigraph.errors import nearest


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (mg.ArgumentError, ValueError),
        (mg.ShapeError, ValueError),
        (mg.GraphError, ValueError),
        (mg.StateError, RuntimeError),
        (mg.NonFiniteError, FloatingPointError),
        (mg.NonFiniteDataError, ValueError),
        (mg.ModelFormatError, ValueError),
        (mg.DataFormatError, ValueError),
        (mg.GradientCheckError, AssertionError),
        (mg.RenderError, RuntimeError),
        (mg.MissingExtraError, ImportError),
    ],
)
def test_each_error_is_the_builtin_that_fits(error: type[Exception], builtin: type[Exception]) -> None:
    assert issubclass(error, mg.MinigraphError)
    assert issubclass(error, builtin)


def test_every_error_is_public() -> None:
    defined = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert defined <= set(mg.__all__)


def test_nearest_names_the_guess_and_all_choices_in_order() -> None:
    assert nearest("sigmod", ["tanh", "sigmoid"]) == "; did you mean 'sigmoid'? Choices: sigmoid, tanh"
    assert nearest("xyz", ["tanh", "sigmoid"]) == "; Choices: sigmoid, tanh"
    assert nearest(None, ["one"]).startswith("; ")
