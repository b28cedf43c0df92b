"""Neural networks whose every number can be seen, traced, drawn and trusted.

>>> import minigraph as mg
>>> net = mg.mlp([2, 3, 1], seed=0)
>>> J, gradient = net.cost_and_gradient([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
>>> net.node(2).delta.shape
(4, 3)
"""

from importlib import import_module
from typing import TYPE_CHECKING

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
from minigraph.config import Configurable
from minigraph.costs import CategoricalCrossEntropy, Cost, CostName, CrossEntropy, SquaredError
from minigraph.diagram import Diagram, diagram, diagram_frames
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
    UnknownNameError,
)
from minigraph.explain import explain
from minigraph.initializers import Constant, He, Initializer, Normal, Uniform, Zeros
from minigraph.layer import Layer
from minigraph.layers import Activate, Add, Concat, Dense, Dropout, Input
from minigraph.network import AnyNetwork, Network
from minigraph.node import Edge, Node, Unit

if TYPE_CHECKING:
    from minigraph.data import one_hot
    from minigraph.diagnosis import Diagnosis, Finding, diagnose
    from minigraph.diagram.frames import DiagramFrames
    from minigraph.gradcheck import GradientCheck, check_gradient
    from minigraph.notation import Explanation
    from minigraph.optimizers import Adam, AdamW, GradientDescent, Optimizer, RMSProp
    from minigraph.persistence import load, save
    from minigraph.schedules import CosineDecay, ExponentialDecay, StepDecay, WarmUp
    from minigraph.training import (
        Callback,
        Checkpoint,
        EarlyStopping,
        History,
        Run,
        SaveCheckpoint,
        TopK,
        fit,
        minimize,
    )

__version__ = "0.1.0"

__all__ = [
    "Activate",
    "Activation",
    "ActivationName",
    "Adam",
    "AdamW",
    "Add",
    "AnyNetwork",
    "ArgumentError",
    "Array",
    "Buffers",
    "Callback",
    "CategoricalCrossEntropy",
    "Checkpoint",
    "Concat",
    "Configurable",
    "Constant",
    "CosineDecay",
    "Cost",
    "CostName",
    "CrossEntropy",
    "DataFormatError",
    "Dense",
    "Diagnosis",
    "Diagram",
    "DiagramFrames",
    "Dropout",
    "EarlyStopping",
    "Edge",
    "Elu",
    "Explanation",
    "ExponentialDecay",
    "Finding",
    "Gelu",
    "GradientCheck",
    "GradientCheckError",
    "GradientDescent",
    "GraphError",
    "He",
    "History",
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
    "Optimizer",
    "RMSProp",
    "Relu",
    "RenderError",
    "Run",
    "SaveCheckpoint",
    "ShapeError",
    "Sigmoid",
    "Silu",
    "Softmax",
    "Softplus",
    "SquaredError",
    "StateError",
    "StepDecay",
    "Tanh",
    "TopK",
    "Uniform",
    "Unit",
    "UnknownNameError",
    "WarmUp",
    "Zeros",
    "check_gradient",
    "diagnose",
    "diagram",
    "diagram_frames",
    "explain",
    "fit",
    "load",
    "minimize",
    "mlp",
    "one_hot",
    "reshape",
    "save",
    "unroll",
]

# What trains, checks and keeps networks is half of the package: it is loaded when it is first asked for.
_ON_USE = {
    "data": ("one_hot",),
    "diagnosis": ("Diagnosis", "Finding", "diagnose"),
    "diagram.frames": ("DiagramFrames",),
    "gradcheck": ("GradientCheck", "check_gradient"),
    "notation": ("Explanation",),
    "optimizers": ("Adam", "AdamW", "GradientDescent", "Optimizer", "RMSProp"),
    "persistence": ("load", "save"),
    "schedules": ("CosineDecay", "ExponentialDecay", "StepDecay", "WarmUp"),
    "training": (
        "Callback", "Checkpoint", "EarlyStopping", "History", "Run", "SaveCheckpoint", "TopK", "fit", "minimize",
    ),
}  # fmt: skip
_MODULES = {name: module for module, names in _ON_USE.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'minigraph' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"minigraph.{_MODULES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
