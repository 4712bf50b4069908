"""An explorer's picture, table and sentence follow its controls, with no browser in sight."""

import base64
import re
import threading
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from typing import ClassVar

import comm
import ipywidgets
import numpy as np
import pytest
from comm.base_comm import BaseComm
from PIL import Image

from hedgelib import ContractTerms, InvalidInput, plan_hedge
from hedgelib.figures import PNL_AT_MOVE, study_move
from hedgelib.workbook import Choice, Explorer, Slider
from hedgelib.workbook.finder import find_terms

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
ETH = ContractTerms(
    venue="Binance COIN-M",
    symbol="ETHUSD_PERP",
    kind="inverse",
    coin="ETH",
    multiplier=10,
    settle="ETH",
    maintenance_basis="mark",
)
MOVE = Slider(name="move", label="Move (%)", start=-15, low=-60, high=120, step=1, scale=0.01)
BETA = Slider(name="beta", label="Beta", start=1, low=0, high=2, step=0.05)
SHORT = Slider(name="short_usd", label="Short (USD)", start=49e3, low=1e3, high=2e5, step=1e3)
SOURCE = Choice(
    name="source",
    label="Margin",
    start="bought",
    options={"bought": "new_money", "sold": "from_portfolio"},
)
CASE_C = {"move": -0.15, "short_usd": 99_000, "source": "new_money"}


def study(move, beta, short_usd, source):
    plan = plan_hedge(
        50_000,
        beta,
        ETH,
        3500,
        collateral=source,
        collateral_usd=49_000,
        notional_usd=short_usd,
        max_leverage=3,
        fee_rate=0,
    )
    return study_move(plan, move)


class Channel(BaseComm):
    """What a widget speaks into; a kernel's own is mute where no kernel runs."""

    told: ClassVar[list[tuple[str, dict]]] = []

    def publish_msg(self, _msg_type, data=None, **_):
        self.told.append((self.comm_id, data))


@pytest.fixture(autouse=True)
def told(monkeypatch):
    """What the kernel tells the browser: the model and the content of each message."""
    monkeypatch.setattr(comm, "create_comm", Channel)
    monkeypatch.setattr(Channel, "told", [])
    return Channel.told


@pytest.fixture
def explorer():
    return Explorer(PNL_AT_MOVE, study, MOVE, BETA, SHORT, SOURCE, presets={"Case C": CASE_C})


def children(widget, kind):
    found = [widget] if isinstance(widget, getattr(ipywidgets, kind)) else []
    for child in getattr(widget, "children", ()):
        found += children(child, kind)
    return found


def box(explorer, label):
    (found,) = [b for b in children(explorer.widget, "FloatText") if b.description == label]
    return found


def slider(explorer, label):
    (row,) = [r for r in children(explorer.widget, "HBox") if r.children[0].description == label]
    return row.children[1]


def button(explorer, label):
    (found,) = [b for b in children(explorer.widget, "Button") if b.description == label]
    return found


def hear(widget, sent=1, **state):
    """Let a widget hear what the browser did at second `sent`: a new state, or a click."""
    data = (
        {"method": "update", "state": state}
        if state
        else {"method": "custom", "content": {"event": "click"}}
    )
    date = datetime(2026, 11, 26, 12, 0, sent, tzinfo=UTC)
    widget._handle_msg({"header": {"date": date}, "content": {"data": data}, "buffers": []})


def pixels(png):
    return np.asarray(Image.open(BytesIO(png)))


def agree(explorer):
    """Assert that what is on screen is the result for the state, and return its total."""
    expected = study(**explorer.state)
    assert explorer.sentence == PNL_AT_MOVE.alt(expected)
    text = unescape(re.sub("<[^>]*>", "", explorer.html))
    assert explorer.sentence in text
    assert explorer.html.endswith(f"{expected._repr_html_()}</div>")
    assert np.array_equal(pixels(explorer.png), pixels(PNL_AT_MOVE.png(expected, dpi=100)))
    return float(expected.point.total_pnl_usd[0])


def test_opens_at_the_start(explorer):
    assert explorer.state == {
        "move": -0.15,
        "beta": 1,
        "short_usd": 49_000,
        "source": "new_money",
    }
    assert agree(explorer) == pytest.approx(-7500)
    assert "together −$7,500" in explorer.sentence


@pytest.mark.parametrize("control", [slider, box])
def test_moving_either_moves_everything(explorer, control):
    before = explorer.png
    control(explorer, "Move (%)").value = 20
    assert explorer.state["move"] == pytest.approx(0.2)
    assert box(explorer, "Move (%)").value == slider(explorer, "Move (%)").value == 20
    assert agree(explorer) == pytest.approx(10_000)
    assert explorer.png != before


def test_slider_that_is_moved_is_not_moved_back(explorer, told):
    """A message back would arrive when the reader has moved on, and throw the handle back."""
    moved, shown = slider(explorer, "Beta"), box(explorer, "Beta")
    told.clear()
    # What a browser makes of steps of 0.05.
    for value in (1.05, 1.1, 1.1500000000000001, 1.2000000000000002):
        hear(moved, value=value)
    updates = [model for model, data in told if data["method"] == "update"]
    assert moved.model_id not in updates
    assert updates.count(shown.model_id) == 4
    assert shown.value == explorer.state["beta"] == 1.2
    agree(explorer)


def test_move_is_told_in_three_messages_the_picture_before_the_words(explorer, told):
    """Words that come first keep the browser busy when the picture comes."""
    told.clear()
    hear(slider(explorer, "Move (%)"), value=20)
    updates = [(model, data["state"]) for model, data in told if data["method"] == "update"]
    (words,), (image,) = (children(explorer.widget, kind) for kind in ("HTML", "Image"))
    followers = [box(explorer, "Move (%)"), image, words]
    assert [model for model, _ in updates] == [widget.model_id for widget in followers]
    assert updates[2][1]["value"] == explorer.html
    # A picture that is its own address takes the place of the one before without a gap.
    assert image.format == "url"
    assert image.value == b"data:image/png;base64," + base64.b64encode(explorer.png)
    agree(explorer)


def test_slider_that_follows_is_not_to_answer(explorer, told):
    follower = slider(explorer, "Move (%)")
    told.clear()
    hear(box(explorer, "Move (%)"), value=300)
    states = [data["state"] for model, data in told if model == follower.model_id]
    # In the browser a slider answers what it is told only while it follows a drag.
    assert states == [{"value": 120, "continuous_update": False}, {"continuous_update": True}]
    agree(explorer)


def test_messages_in_two_threads_take_turns(explorer):
    """A kernel with subshells handles the messages of two controls at once."""
    entered, go_on, compute = threading.Event(), threading.Event(), explorer._compute

    def slow(**state):
        entered.set()
        assert go_on.wait(60)
        return compute(**state)

    explorer._compute = slow
    moves = {"Move (%)": 20, "Beta": 1.25}
    threads = [
        threading.Thread(target=hear, args=[slider(explorer, label)], kwargs={"value": value})
        for label, value in moves.items()
    ]
    threads[0].start()
    assert entered.wait(60)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join()
    assert {label: box(explorer, label).value for label in moves} == moves
    assert explorer.state["move"] == pytest.approx(0.2)
    agree(explorer)


class Turn:
    """A lock that tells when somebody has to wait for it."""

    def __init__(self):
        self.lock, self.waited_for = threading.RLock(), threading.Event()

    def __enter__(self):
        if not self.lock.acquire(blocking=False):
            self.waited_for.set()
            self.lock.acquire()

    def __exit__(self, *_):
        self.lock.release()


def test_key_pressed_while_reset_is_handled_is_not_undone(monkeypatch):
    """Each thread's message is taken in as a whole, or slider and picture end apart."""
    turn = Turn()
    with monkeypatch.context() as patch:
        patch.setattr("hedgelib.workbook.controls.threading.RLock", lambda: turn)
        explorer = Explorer(PNL_AT_MOVE, study, MOVE, BETA, SHORT, SOURCE)
    moved = slider(explorer, "Move (%)")
    hear(moved, value=20)
    with turn:
        key = threading.Thread(target=hear, args=[moved], kwargs={"value": 21})
        key.start()
        assert turn.waited_for.wait(60)
        button(explorer, "Reset").click()
        assert moved.value == box(explorer, "Move (%)").value == -15
        agree(explorer)
    key.join()
    assert moved.value == box(explorer, "Move (%)").value == 21
    assert explorer.state["move"] == pytest.approx(0.21)
    agree(explorer)


def test_reset_undoes_what_is_heard_of_too_late(explorer, told):
    """Two threads may take a key press and a click in the other order."""
    moved, source = slider(explorer, "Move (%)"), children(explorer.widget, "Dropdown")[0]
    start = explorer.state
    hear(moved, 1, value=20)
    hear(button(explorer, "Reset"), 10)
    assert explorer.state == start
    other = next(i for i, option in enumerate(source.options) if option != source.value)
    for control, state in ((moved, {"value": 40}), (source, {"index": other})):
        told.clear()
        hear(control, 9, **state)
        assert explorer.state == start
        agree(explorer)
        # The browser shows what was done there until it is told otherwise, after the echo.
        mine = [data for who, data in told if who == control.comm.comm_id]
        assert (mine[0]["method"], mine[0]["state"]) == ("echo_update", state)
        (name,) = state
        back = [data["state"][name] for data in mine[1:] if name in data["state"]]
        assert back[-1] == getattr(control, name)
    hear(moved, 11, value=30)
    assert explorer.state["move"] == pytest.approx(0.3)
    hear(button(explorer, "Case C"), 12)
    case_c = explorer.state
    hear(moved, 11, value=31)
    assert explorer.state == case_c
    agree(explorer)


def test_a_finder_too_undoes_what_is_heard_of_too_late():
    finder = find_terms()
    words, field = finder._words, finder._boxes["field"]
    start = finder.sentence
    hear(words, 1, value="margin")
    assert finder.sentence != start
    (reset,) = children(finder.widget, "Button")
    hear(reset, 5)
    hear(words, 4, value="margin call")
    hear(field, 4, index=0)
    assert (finder.sentence, words.value, field.index > 0) == (start, "", True)
    hear(field, 6, index=0)
    assert finder.sentence != start


def test_number_box_does_not_lie_beyond_the_slider(explorer):
    box(explorer, "Move (%)").value = 300
    assert slider(explorer, "Move (%)").value == 120
    assert box(explorer, "Move (%)").value == 300
    assert explorer.state["move"] == 3
    assert explorer.sentence.startswith("ETH +300%")
    agree(explorer)
    slider(explorer, "Move (%)").value = 100
    assert box(explorer, "Move (%)").value == 100
    agree(explorer)


def test_number_between_the_steps_of_the_slider(explorer):
    box(explorer, "Short (USD)").value = 49_123
    assert slider(explorer, "Short (USD)").value == 49_000
    assert box(explorer, "Short (USD)").value == 49_123
    agree(explorer)
    # What a browser's slider says when it is shown, as it rounds to its steps.
    hear(slider(explorer, "Short (USD)"), value=49_000.00000000001)
    assert box(explorer, "Short (USD)").value == 49_123
    hear(slider(explorer, "Short (USD)"), value=50_000)
    assert box(explorer, "Short (USD)").value == 50_000
    agree(explorer)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"short_usd": 190_000}, "above the cap of 3x"),
        ({"move": -1.0}, "This cannot be"),
        ({"move": float("nan")}, "This cannot be"),
        ({"short_usd": 0.0}, "notional_usd must be > 0"),
    ],
)
def test_what_cannot_be_is_said(explorer, values, reason):
    before = explorer.png
    explorer.set(**values)
    assert explorer.result is None
    assert reason in explorer.sentence
    assert explorer.sentence in unescape(explorer.html)
    assert "<table" not in explorer.html
    assert "Traceback" not in explorer.html
    assert explorer.png != before
    assert set(explorer._repr_mimebundle_()[0]) == {WIDGET_VIEW, "text/plain"}
    explorer.reset()
    assert agree(explorer) == pytest.approx(-7500)


def test_a_mistake_in_the_lesson_leaves_nothing_stale(explorer):
    explorer._compute = lambda **_: {}["missing"]
    with pytest.raises(KeyError):
        explorer.set(move=0.1)
    assert explorer.result is None
    assert "An error that should not be" in explorer.html


def test_presets_and_reset(explorer):
    button(explorer, "Case C").click()
    assert agree(explorer) == pytest.approx(0, abs=1e-6)
    assert "together $0" in explorer.sentence
    explorer.set(source="from_portfolio", short_usd=49_000)
    assert agree(explorer) == pytest.approx(-150)
    button(explorer, "Reset").click()
    assert explorer.state["source"] == "new_money"
    assert agree(explorer) == pytest.approx(-7500)


def test_many_values_are_one_redraw():
    calls = []

    def counted(**state):
        calls.append(state)
        return study(**state)

    explorer = Explorer(PNL_AT_MOVE, counted, MOVE, BETA, SHORT, SOURCE)
    calls.clear()
    explorer.set(**CASE_C)
    assert len(calls) == 1
    explorer.reset()
    assert len(calls) == 2


def test_every_number_has_a_named_box(explorer):
    labels = [b.description for b in children(explorer.widget, "FloatText")]
    assert labels == ["Move (%)", "Beta", "Short (USD)"]
    assert len(children(explorer.widget, "FloatSlider")) == len(labels)
    assert 'aria-live="polite"' in explorer.html


def test_bundle_has_the_live_and_the_still_view(explorer):
    data, metadata = explorer._repr_mimebundle_()
    assert set(data) == {WIDGET_VIEW, "image/png", "text/plain"}
    assert metadata["image/png"]["alt"] == data["text/plain"] == explorer.sentence


def test_errors_of_the_author():
    with pytest.raises(InvalidInput, match="two controls"):
        Explorer(PNL_AT_MOVE, study, MOVE, MOVE)
    with pytest.raises(InvalidInput, match="no control 'moves'; there are move"):
        Explorer(PNL_AT_MOVE, lambda move: move, MOVE, presets={"x": {"moves": 1}})
    with pytest.raises(InvalidInput, match="start must be between"):
        Slider(name="x", label="x", start=5, low=0, high=1, step=1)
    with pytest.raises(InvalidInput, match="start must be an option"):
        Choice(name="x", label="x", options={"a": 1}, start="b")


def test_choice_refuses_what_it_does_not_have(explorer):
    with pytest.raises(InvalidInput, match="source must be one of 'new_money'"):
        explorer.set(source="stolen")
