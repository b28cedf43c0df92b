from minigraph.base.arrays import (
    Array as Array,
)
from minigraph.base.arrays import (
    reshape as reshape,
)
from minigraph.base.arrays import (
    unroll as unroll,
)
from minigraph.base.config import Configurable as Configurable
from minigraph.base.notation import Explanation as Explanation
from minigraph.data import one_hot as one_hot
from minigraph.diagram.draw import (
    diagram as diagram,
)
from minigraph.diagram.draw import (
    diagram_frames as diagram_frames,
)
from minigraph.diagram.frames import DiagramFrames as DiagramFrames
from minigraph.diagram.rendering.result import Diagram as Diagram
from minigraph.errors import (
    ArgumentError as ArgumentError,
)
from minigraph.errors import (
    DataFormatError as DataFormatError,
)
from minigraph.errors import (
    GradientCheckError as GradientCheckError,
)
from minigraph.errors import (
    GraphError as GraphError,
)
from minigraph.errors import (
    MinigraphError as MinigraphError,
)
from minigraph.errors import (
    MissingExtraError as MissingExtraError,
)
from minigraph.errors import (
    ModelFormatError as ModelFormatError,
)
from minigraph.errors import (
    NonFiniteDataError as NonFiniteDataError,
)
from minigraph.errors import (
    NonFiniteError as NonFiniteError,
)
from minigraph.errors import (
    RenderError as RenderError,
)
from minigraph.errors import (
    ShapeError as ShapeError,
)
from minigraph.errors import (
    StateError as StateError,
)
from minigraph.errors import (
    UnknownNameError as UnknownNameError,
)
from minigraph.functions.activations import (
    Activation as Activation,
)
from minigraph.functions.activations import (
    ActivationName as ActivationName,
)
from minigraph.functions.activations import (
    Elu as Elu,
)
from minigraph.functions.activations import (
    Gelu as Gelu,
)
from minigraph.functions.activations import (
    Identity as Identity,
)
from minigraph.functions.activations import (
    LeakyRelu as LeakyRelu,
)
from minigraph.functions.activations import (
    Relu as Relu,
)
from minigraph.functions.activations import (
    Sigmoid as Sigmoid,
)
from minigraph.functions.activations import (
    Silu as Silu,
)
from minigraph.functions.activations import (
    Softmax as Softmax,
)
from minigraph.functions.activations import (
    Softplus as Softplus,
)
from minigraph.functions.activations import (
    Tanh as Tanh,
)
from minigraph.functions.costs import (
    CategoricalCrossEntropy as CategoricalCrossEntropy,
)
from minigraph.functions.costs import (
    Cost as Cost,
)
from minigraph.functions.costs import (
    CostName as CostName,
)
from minigraph.functions.costs import (
    CrossEntropy as CrossEntropy,
)
from minigraph.functions.costs import (
    SquaredError as SquaredError,
)
from minigraph.functions.initializers import (
    Constant as Constant,
)
from minigraph.functions.initializers import (
    He as He,
)
from minigraph.functions.initializers import (
    Initializer as Initializer,
)
from minigraph.functions.initializers import (
    Normal as Normal,
)
from minigraph.functions.initializers import (
    Uniform as Uniform,
)
from minigraph.functions.initializers import (
    Zeros as Zeros,
)
from minigraph.graph.buffers import Buffers as Buffers
from minigraph.graph.layer import Layer as Layer
from minigraph.graph.layers import (
    Activate as Activate,
)
from minigraph.graph.layers import (
    Add as Add,
)
from minigraph.graph.layers import (
    Concat as Concat,
)
from minigraph.graph.layers import (
    Dense as Dense,
)
from minigraph.graph.layers import (
    Dropout as Dropout,
)
from minigraph.graph.layers import (
    Input as Input,
)
from minigraph.graph.node import (
    Edge as Edge,
)
from minigraph.graph.node import (
    Node as Node,
)
from minigraph.graph.node import (
    Unit as Unit,
)
from minigraph.inspection.diagnosis import (
    Diagnosis as Diagnosis,
)
from minigraph.inspection.diagnosis import (
    Finding as Finding,
)
from minigraph.inspection.diagnosis import (
    diagnose as diagnose,
)
from minigraph.inspection.explain import explain as explain
from minigraph.inspection.gradient_check import (
    GradientCheck as GradientCheck,
)
from minigraph.inspection.gradient_check import (
    check_gradient as check_gradient,
)
from minigraph.network.mlp import mlp as mlp
from minigraph.network.network import (
    AnyNetwork as AnyNetwork,
)
from minigraph.network.network import (
    Network as Network,
)
from minigraph.persistence import (
    load as load,
)
from minigraph.persistence import (
    save as save,
)
from minigraph.training.callbacks import (
    Callback as Callback,
)
from minigraph.training.callbacks import (
    EarlyStopping as EarlyStopping,
)
from minigraph.training.callbacks import (
    SaveCheckpoint as SaveCheckpoint,
)
from minigraph.training.checkpoint import Checkpoint as Checkpoint
from minigraph.training.fitting import fit as fit
from minigraph.training.history import History as History
from minigraph.training.loop import Run as Run
from minigraph.training.metrics import TopK as TopK
from minigraph.training.minimization import minimize as minimize
from minigraph.training.optimizers import (
    Adam as Adam,
)
from minigraph.training.optimizers import (
    AdamW as AdamW,
)
from minigraph.training.optimizers import (
    GradientDescent as GradientDescent,
)
from minigraph.training.optimizers import (
    Optimizer as Optimizer,
)
from minigraph.training.optimizers import (
    RMSProp as RMSProp,
)
from minigraph.training.schedules import (
    CosineDecay as CosineDecay,
)
from minigraph.training.schedules import (
    ExponentialDecay as ExponentialDecay,
)
from minigraph.training.schedules import (
    StepDecay as StepDecay,
)
from minigraph.training.schedules import (
    WarmUp as WarmUp,
)

__version__: str
__all__: list[str]

def __dir__() -> list[str]: ...
