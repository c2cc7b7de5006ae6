from __future__ import annotations

from tests.flows.conftest import finished, place, postgres, ready, workshop

__all__ = ["finished", "place", "postgres", "ready", "workshop"]
