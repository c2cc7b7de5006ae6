"""Pages from the warehouse: an atlas of all ladders and one page a ladder, static and self-contained."""

from __future__ import annotations

from reports.site import SiteResult, build_site

__all__ = ["SiteResult", "build_site"]
