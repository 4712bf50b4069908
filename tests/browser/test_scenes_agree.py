"""Both renderers put everything into the same places, for every picture of the workbook."""

import pytest
from agreement import assert_agree, in_browser
from corpus import CORPUS


@pytest.mark.parametrize("name", CORPUS)
def test_both_renderers_agree(name, page, outside_requests, page_errors):
    scenes = CORPUS[name]()
    assert scenes, "nothing was drawn"
    for scene, shown in zip(scenes, in_browser(page, scenes), strict=True):
        assert_agree(scene, shown)
    assert page_errors == outside_requests == []
