from __future__ import annotations

import pytest

from reports import theme
from reports.verdicts import VERDICTS


@pytest.mark.parametrize(("ink", "ground"), theme.TEXT_ON_GROUND)
@pytest.mark.parametrize("skin", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_text_has_enough_contrast(skin: dict[str, str], ink: str, ground: str) -> None:
    assert theme.contrast(skin[ink], skin[ground]) >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    assert theme.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert theme.contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


def test_both_skins_have_the_same_tokens_and_every_verdict_its_own() -> None:
    assert theme.LIGHT.keys() == theme.DARK.keys()
    assert {style.token for style in VERDICTS.values()} | {
        style.ink for style in VERDICTS.values()
    } <= theme.LIGHT.keys()
    assert len({style.glyph + style.ghost for style in VERDICTS.values()}) == len(VERDICTS)
