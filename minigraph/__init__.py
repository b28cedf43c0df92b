"""Neural networks whose every number can be seen, traced, drawn and trusted.

>>> import minigraph as mg
>>> net = mg.mlp([2, 3, 1], seed=0)
>>> J, gradient = net.cost_and_gradient([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
>>> net.node(2).delta.shape
(4, 3)
"""

from minigraph.activations import (
    Activation,
    ActivationName,
    Elu,
    Gelu,
    Identity,
    LeakyRelu,
    Relu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)
from minigraph.arrays import Array, reshape, unroll
from minigraph.buffers import Buffers
from minigraph.build import mlp
from minigraph.costs import CategoricalCrossEntropy, Cost, CostName, CrossEntropy, SquaredError
from minigraph.data import one_hot
from minigraph.errors import (
    ArgumentError,
    DataFormatError,
    GradientCheckError,
    GraphError,
    MinigraphError,
    MissingExtraError,
    ModelFormatError,
    NonFiniteDataError,
    NonFiniteError,
    RenderError,
    ShapeError,
    StateError,
)
from minigraph.explain import Explanation, explain
from minigraph.gradcheck import GradientCheck, check_gradient
from minigraph.initializers import Constant, He, Initializer, Normal, Uniform, Zeros
from minigraph.layers import Activate, Add, Concat, Dense, Dropout, Input, Layer
from minigraph.network import AnyNetwork, Network
from minigraph.node import Edge, Node, Unit

__version__ = "0.1.0"

__all__ = [
    "Activate",
    "Activation",
    "ActivationName",
    "Add",
    "AnyNetwork",
    "ArgumentError",
    "Array",
    "Buffers",
    "CategoricalCrossEntropy",
    "Concat",
    "Constant",
    "Cost",
    "CostName",
    "CrossEntropy",
    "DataFormatError",
    "Dense",
    "Dropout",
    "Edge",
    "Elu",
    "Explanation",
    "Gelu",
    "GradientCheck",
    "GradientCheckError",
    "GraphError",
    "He",
    "Identity",
    "Initializer",
    "Input",
    "Layer",
    "LeakyRelu",
    "MinigraphError",
    "MissingExtraError",
    "ModelFormatError",
    "Network",
    "Node",
    "NonFiniteDataError",
    "NonFiniteError",
    "Normal",
    "Relu",
    "RenderError",
    "ShapeError",
    "Sigmoid",
    "Silu",
    "Softmax",
    "Softplus",
    "SquaredError",
    "StateError",
    "Tanh",
    "Uniform",
    "Unit",
    "Zeros",
    "check_gradient",
    "explain",
    "mlp",
    "one_hot",
    "reshape",
    "unroll",
]
