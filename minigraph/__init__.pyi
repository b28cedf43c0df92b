from minigraph.base.arrays import (
    Array as Array,
    reshape as reshape,
    unroll as unroll,
)
from minigraph.base.config import Configurable as Configurable
from minigraph.data import one_hot as one_hot
from minigraph.diagram.draw import (
    diagram as diagram,
    diagram_frames as diagram_frames,
)
from minigraph.diagram.frames import DiagramFrames as DiagramFrames
from minigraph.diagram.rendering.result import Diagram as Diagram
from minigraph.errors import (
    ArgumentError as ArgumentError,
    DataFormatError as DataFormatError,
    GradientCheckError as GradientCheckError,
    GraphError as GraphError,
    MinigraphError as MinigraphError,
    MissingExtraError as MissingExtraError,
    ModelFormatError as ModelFormatError,
    NonFiniteDataError as NonFiniteDataError,
    NonFiniteError as NonFiniteError,
    RenderError as RenderError,
    ShapeError as ShapeError,
    StateError as StateError,
    UnknownNameError as UnknownNameError,
)
from minigraph.functions.activations import (
    Activation as Activation,
    ActivationName as ActivationName,
    Elu as Elu,
    Gelu as Gelu,
    Identity as Identity,
    LeakyRelu as LeakyRelu,
    Relu as Relu,
    Sigmoid as Sigmoid,
    Silu as Silu,
    Softmax as Softmax,
    Softplus as Softplus,
    Tanh as Tanh,
)
from minigraph.functions.costs import (
    CategoricalCrossEntropy as CategoricalCrossEntropy,
    Cost as Cost,
    CostName as CostName,
    CrossEntropy as CrossEntropy,
    SquaredError as SquaredError,
)
from minigraph.functions.initializers import (
    Constant as Constant,
    He as He,
    Initializer as Initializer,
    Normal as Normal,
    Uniform as Uniform,
    Zeros as Zeros,
)
from minigraph.graph.buffers import Buffers as Buffers
from minigraph.graph.layers import (
    Activate as Activate,
    Add as Add,
    Concat as Concat,
    Dense as Dense,
    Dropout as Dropout,
    Input as Input,
)
from minigraph.graph.node import (
    Edge as Edge,
    Layer as Layer,
    Node as Node,
    Unit as Unit,
)
from minigraph.inspection.diagnosis import (
    Diagnosis as Diagnosis,
    Finding as Finding,
    diagnose as diagnose,
)
from minigraph.inspection.explain import explain as explain
from minigraph.inspection.explanation import Explanation as Explanation
from minigraph.inspection.gradient_check import (
    GradientCheck as GradientCheck,
    check_gradient as check_gradient,
)
from minigraph.network.mlp import mlp as mlp
from minigraph.network.network import (
    AnyNetwork as AnyNetwork,
    Network as Network,
)
from minigraph.persistence import (
    load as load,
    save as save,
)
from minigraph.training.callbacks import (
    Callback as Callback,
    EarlyStopping as EarlyStopping,
    SaveCheckpoint as SaveCheckpoint,
)
from minigraph.training.checkpoint import Checkpoint as Checkpoint
from minigraph.training.fitting import fit as fit
from minigraph.training.history import History as History
from minigraph.training.metrics import TopK as TopK
from minigraph.training.minimization import minimize as minimize
from minigraph.training.optimizers import (
    Adam as Adam,
    AdamW as AdamW,
    GradientDescent as GradientDescent,
    Optimizer as Optimizer,
    RMSProp as RMSProp,
)
from minigraph.training.run import Run as Run
from minigraph.training.schedules import (
    CosineDecay as CosineDecay,
    ExponentialDecay as ExponentialDecay,
    StepDecay as StepDecay,
    WarmUp as WarmUp,
)

__version__: str
__all__: list[str]

def __dir__() -> list[str]: ...
