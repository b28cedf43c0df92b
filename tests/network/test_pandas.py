"""DataFrames, Series and whatever else has `__array__`, as X and Y; and what their columns give names to."""

import copy
import pickle
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import minigraph as mg

X = np.array([[31.0, 1.72], [54.0, 1.65], [47.0, 1.81]])
Y = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(X, columns=["age", "height"], index=["p", "q", "r"])


@pytest.fixture
def net() -> mg.Network[mg.Array]:
    return mg.mlp([2, 3, 2], seed=0)


class Lent:
    """Not an array, but can become one: the protocol by which other libraries lend theirs."""

    def __init__(self, values: NDArray[np.float64]) -> None:
        self._values = values

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> NDArray[np.float64]:
        return self._values.astype(dtype or self._values.dtype)


class TestNumbers:
    def test_frames_give_what_their_arrays_give(self, net: mg.Network[mg.Array], frame: pd.DataFrame) -> None:
        J, gradient = net.copy().cost_and_gradient(X, Y)
        J_frames, gradient_frames = net.cost_and_gradient(frame, pd.DataFrame(Y, columns=["no", "yes"]))
        assert J_frames == J
        assert np.array_equal(gradient_frames, gradient)
        assert np.array_equal(net.predict(frame), net.predict(X))

    def test_anything_with_array(self, net: mg.Network[mg.Array]) -> None:
        assert net.cost(Lent(X), Lent(Y)) == net.cost(X, Y)

    @pytest.mark.parametrize("dtype", ["int64", "Int64", "Float64", "float32", "boolean", "bool"])
    def test_every_type_of_column(
        self,
        net: mg.Network[mg.Array],
        dtype: Literal["int64", "Int64", "Float64", "float32", "boolean", "bool"],
    ) -> None:
        values = np.array([[1, 0], [0, 1]])
        frame = pd.DataFrame(values, columns=["a", "b"]).astype(dtype)
        assert np.array_equal(net.predict(frame), net.predict(values))

    def test_columns_of_several_types(self, net: mg.Network[mg.Array]) -> None:
        frame = pd.DataFrame({"a": [True, False], "b": [0.5, 2]})
        assert np.array_equal(net.predict(frame), net.predict([[1.0, 0.5], [0.0, 2.0]]))

    def test_a_series_is_the_target_of_one_unit_and_the_weights(self, frame: pd.DataFrame) -> None:
        net = mg.mlp([2, 3, 1], seed=0)
        y, weights = pd.Series([0, 1, 1], index=frame.index), pd.Series([1.0, 2.0, 0.5])
        assert net.cost(frame, y, weights) == net.cost(X, [0, 1, 1], [1.0, 2.0, 0.5])

    def test_labels_in_a_series(self) -> None:
        targets, classes = mg.one_hot(pd.Series(["cat", "dog", "cat"]))
        assert targets.tolist() == [[1, 0], [0, 1], [1, 0]]
        assert classes.tolist() == ["cat", "dog"]

    @pytest.mark.parametrize(
        ("column", "message"),
        [
            ([1.0, np.nan, 2.0], "nan at index"),
            (["low", "high", "low"], "'low'"),
            (pd.to_datetime(["2020-01-01"] * 3), "Timestamp|datetime64"),
        ],
    )
    def test_what_is_no_number_is_an_error_and_leaves_no_names(
        self, net: mg.Network[mg.Array], column: list[object], message: str
    ) -> None:
        with pytest.raises((mg.ShapeError, mg.NonFiniteDataError), match=message):
            net.forward(pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": column}))
        assert net.inputs[0].unit_names is None


class TestNames:
    def test_columns_name_the_units_of_inputs_and_outputs(self, net: mg.Network[mg.Array], frame: pd.DataFrame) -> None:
        net.forward(frame)
        assert net.inputs[0].unit_names == ("age", "height")
        assert net.inputs[0].unit(2).name == "height"
        assert net.inputs[0].unit(0).name is None
        net.backward(pd.DataFrame(Y, columns=["no", "yes"]))
        assert net.outputs[0].unit_names == ("no", "yes")

    def test_cost_and_gradient_take_the_names_of_both(self, net: mg.Network[mg.Array], frame: pd.DataFrame) -> None:
        net.cost_and_gradient(frame, pd.DataFrame(Y, columns=["no", "yes"]))
        assert net.inputs[0].unit_names == ("age", "height")
        assert net.outputs[0].unit_names == ("no", "yes")

    def test_training_takes_the_names_and_compares_them(self, net: mg.Network[mg.Array], frame: pd.DataFrame) -> None:
        twin = net.copy()
        mg.fit(net, frame, pd.DataFrame(Y, columns=["no", "yes"]), epochs=2, seed=0, progress=False)
        mg.fit(twin, X, Y, epochs=2, seed=0, progress=False)
        assert np.array_equal(net.unroll(), twin.unroll())
        assert net.inputs[0].unit_names == ("age", "height")
        assert net.outputs[0].unit_names == ("no", "yes")
        with pytest.raises(mg.ArgumentError, match="received the columns height, age"):
            mg.fit(net, frame[["height", "age"]], Y, progress=False)

    def test_each_input_takes_the_names_of_its_own_table(self, frame: pd.DataFrame) -> None:
        left, right = mg.Input(1, "left"), mg.Input(1, "right")
        net = mg.Network([left, right], mg.Dense(1)(mg.Concat()([left, right])))
        net.forward({"right": frame[["height"]], "left": frame[["age"]]})
        assert (left.unit_names, right.unit_names) == (("age",), ("height",))

    def test_evaluation_leaves_names_alone(self, net: mg.Network[mg.Array], frame: pd.DataFrame) -> None:
        net.predict(frame)
        net.cost(frame, Y)
        assert net.inputs[0].unit_names is None

    def test_an_error_in_the_targets_leaves_names_alone(self, net: mg.Network[mg.Array], frame: pd.DataFrame) -> None:
        with pytest.raises(mg.ShapeError):
            net.cost_and_gradient(frame, Y[:2])
        assert net.inputs[0].unit_names is None

    @pytest.mark.parametrize("columns", [[0, 1], ["a", "a"], ["a", ""], ["a", 1]])
    def test_columns_that_are_no_distinct_texts_name_nothing(
        self, net: mg.Network[mg.Array], columns: list[object]
    ) -> None:
        net.forward(pd.DataFrame(X, columns=columns))
        assert net.inputs[0].unit_names is None

    def test_given_names_are_kept(self, frame: pd.DataFrame) -> None:
        x = mg.Input(2, unit_names=["age", "height"])
        net = mg.Network(x, mg.Dense(1)(x))
        net.forward(X)
        assert net.inputs[0].unit_names == ("age", "height")
        net.forward(frame)

    def test_names_go_with_copies_and_pickles(self, net: mg.Network[mg.Array], frame: pd.DataFrame) -> None:
        net.forward(frame)
        for twin in (net.copy(), net.copy("float32"), copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
            assert twin.inputs[0].unit_names == ("age", "height")

    def test_another_order_of_columns_is_an_error(self, net: mg.Network[mg.Array], frame: pd.DataFrame) -> None:
        net.forward(frame)
        with pytest.raises(mg.ArgumentError, match=r"received the columns height, age, expected .* age, height"):
            net.predict(frame[["height", "age"]])

    def test_another_column_is_an_error_that_names_the_missing_one(
        self, net: mg.Network[mg.Array], frame: pd.DataFrame
    ) -> None:
        net.forward(frame)
        with pytest.raises(mg.ArgumentError, match=r"without the column 'height', .* did you mean 'heigth'"):
            net.predict(frame.rename(columns={"height": "heigth"}))

    def test_names_in_explanations(self, net: mg.Network[mg.Array], frame: pd.DataFrame) -> None:
        net.forward(frame)
        net.backward(pd.DataFrame(Y, columns=["a_no", "yes"]))
        z = mg.explain(net.node(2).unit(1), "z")
        assert z.text.endswith("with a₁⁽¹⁾: age, a₂⁽¹⁾: height")
        delta = mg.explain(net.node(3).unit(1), "delta")
        assert delta.text.endswith("with a₁⁽³⁾: a_no")
        assert delta.latex.endswith(r"&\text{with } a_{1}^{(3)}\colon \text{a}\_\text{no} \end{aligned}")
        weight = mg.explain(net.node(2).unit(1).inputs[2], "gradient")
        assert weight.text.endswith("with a₂⁽¹⁾: height")
        hidden = mg.explain(net.node(2).unit(1), "a")
        assert "with" not in hidden.text

    @pytest.mark.parametrize(
        ("names", "message"),
        [
            (["a"], "received 1 names, expected 2"),
            (["a", "a"], "'a' twice"),
            (["a", ""], "'' for unit 2"),
            (["a", 3], "3 for unit 2"),
            ("ab", "received 'ab', expected a sequence of 2"),
        ],
    )
    def test_names_that_do_not_fit_are_errors(self, names: list[str], message: str) -> None:
        with pytest.raises(mg.ArgumentError, match=message):
            mg.Input(2, unit_names=names)
