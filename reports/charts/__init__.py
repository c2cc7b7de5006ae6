"""The charts, one a file. Importing this package fills the registry."""

from __future__ import annotations

from reports.charts import (
    changes,
    compounding,
    emergence,
    forecast,
    jumps,
    resolution,
    ruler,
    sharpness,
)

__all__ = ["changes", "compounding", "emergence", "forecast", "jumps", "resolution", "ruler", "sharpness"]
