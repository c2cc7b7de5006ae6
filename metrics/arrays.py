"""Names for the array types that pass between the numeric modules."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
"""Double precision array; the shape is in the docstring of the function that takes it."""

Ints: TypeAlias = NDArray[np.int64]
"""Integer array: indices, counts, cluster numbers."""

Bools: TypeAlias = NDArray[np.bool_]
"""Boolean array."""

AnyArray: TypeAlias = NDArray[Any]
"""An array as the caller has it, before it is checked."""
