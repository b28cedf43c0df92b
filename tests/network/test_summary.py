"""The table of a network."""

import minigraph as mg


def test_summary_of_a_graph_with_everything() -> None:
    x = mg.Input(3, name="x")
    shared = mg.Dense(3, "tanh", links=[[1, 0, 1], [1, 1, 1], [0, 1, 1]])
    h = mg.Dropout(0.25)(shared(shared(x)))
    both = mg.Add()([h, mg.Activate("relu")(x)])
    net = mg.Network(x, mg.Dense(2, name="y")(mg.Concat()([both, x])))
    assert (
        net.summary()
        == """\
l  node       layer         activation  units  parents              parameters
-  ---------  ------------  ----------  -----  -------------------  ------------------
1  x          input         -           3      -                    -
2  dense2     dense         tanh        3      x                    3×4 = 12
3  dense3     dense         tanh        3      dense2               shares Θ of dense2
4  dropout4   dropout 0.25  -           3      dense3               -
5  activate5  activate      relu        3      x                    -
6  add6       add           -           3      dropout4, activate5  -
7  concat7    concat        -           6      add6, x              -
8  y          dense         sigmoid     2      concat7              2×7 = 14

26 parameters, of which 2 belong to absent links and stay 0"""
    )
