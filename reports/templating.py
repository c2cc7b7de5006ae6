"""Jinja2 with everything escaped unless a template says otherwise."""

from __future__ import annotations

import os
from functools import cache

from jinja2 import Environment, FileSystemBytecodeCache, PackageLoader, StrictUndefined

from reports import numbers
from reports.assets import Assets
from reports.drawing_library import cache_folder
from reports.text import visible
from reports.verdicts import VERDICTS


@cache
def environment() -> Environment:
    """The templates of this package; an unknown name in one is an error."""
    env = Environment(
        finalize=_finalize,
        loader=PackageLoader("reports"),
        bytecode_cache=_compiled(),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    env.globals["verdicts"] = VERDICTS
    env.filters |= {"share": numbers.share, "count": numbers.count, "plural": numbers.plural}
    return env


def _compiled() -> FileSystemBytecodeCache | None:
    """Compiled templates of former runs, by the hash of their text; None: they cannot be kept."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return FileSystemBytecodeCache(str(folder), "template-%s") if os.access(folder, os.W_OK) else None


def _finalize(value: object) -> object:
    """Spell out hidden characters of every text but the page's own assets."""
    return visible(value) if type(value) is str else value


def plain_page(template: str, **context: object) -> str:
    """A whole page without a script."""
    return environment().get_template(template).render(**context)


def render(template: str, assets: Assets, shared: str | None, **context: object) -> str:
    """A whole page.

    Args:
        template: Name of the template.
        assets: Style, scripts and specifications.
        shared: Relative address of the folder with the shared assets; None: the page carries them itself.
        context: What the template reads.
    """
    policy = assets.script_hashes
    if shared:
        policy += " 'self'"
    return environment().get_template(template).render(assets=assets, shared=shared, policy=policy, **context)
