"""An Atom feed of verdict changes, one entry a publication and ladder (RFC 4287)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from reports.queries import Row
from reports.text import visible
from reports.verdicts import VERDICTS

ATOM = "http://www.w3.org/2005/Atom"
MOST_ENTRIES = 200
BEGINNING = dt.datetime(1970, 1, 1)


def atom_feed(changes: Sequence[Row], names: Mapping[str, str], urls: Mapping[str, str]) -> str:
    """The feed.

    Args:
        changes: Query ``verdict_history``, the newest first.
        names: Ladder in words, by ladder.
        urls: Page of a ladder, relative to the feed, by ladder; ladders that are gone have none.
    """
    ElementTree.register_namespace("", ATOM)
    feed = ElementTree.Element(f"{{{ATOM}}}feed")
    _text(feed, "title", "Verdict changes")
    _text(feed, "id", _urn("feed"))
    _text(feed, "updated", _time(max((row["published_at"] for row in changes), default=BEGINNING)))
    _text(ElementTree.SubElement(feed, f"{{{ATOM}}}author"), "name", "mirage")
    ElementTree.SubElement(feed, f"{{{ATOM}}}link", rel="self", href="feed.xml")
    for row in changes:
        _entry(feed, row, names, urls)
    ElementTree.indent(feed, "")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(feed, encoding="unicode") + "\n"


def _entry(feed: ElementTree.Element, row: Row, names: Mapping[str, str], urls: Mapping[str, str]) -> None:
    entry = ElementTree.SubElement(feed, f"{{{ATOM}}}entry")
    ladder_id = row["ladder_id"]
    before, now = (_word(row[name]) for name in ("verdict_before", "verdict_now"))
    if row["verdict_before"] is None:
        change = f"new: {now}"
    elif row["verdict_now"] is None:
        change = f"gone; it was: {before}"
    else:
        change = f"{before} is now: {now}"
    _text(entry, "title", f"{visible(names.get(ladder_id, ladder_id))}: {change}")
    _text(entry, "id", _urn(f"{row['generation']} {ladder_id}"))
    _text(entry, "updated", _time(row["published_at"]))
    _text(entry, "summary", f"Publication {row['generation']}: {change}.")
    if ladder_id in urls:
        ElementTree.SubElement(entry, f"{{{ATOM}}}link", href=urls[ladder_id])


def _text(parent: ElementTree.Element, tag: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}{tag}").text = text


def _word(verdict: str | None) -> str:
    return "" if verdict is None else VERDICTS[verdict].name if verdict in VERDICTS else verdict


def _urn(text: str) -> str:
    """A name that is the same in every build."""
    digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    return f"urn:sha256:{digest}"


def _time(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
