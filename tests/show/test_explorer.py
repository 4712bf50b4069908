"""An explorer's picture, table and sentence follow its controls, with no browser in sight."""

import json

import pytest

from hedgelib import ContractTerms, InvalidInput, plan_hedge
from hedgelib.ask.sealed import deflated
from hedgelib.course import Choice, Explorer, Slider
from hedgelib.course.glossary import find_terms
from hedgelib.show.explorer import FILM_SCRIPT, Words
from hedgelib.show.moves import study_move
from tests.showtools import hear

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
MOVE = Slider(
    name="move", label="Move (%)", start=-15, low=-60, high=120, step=1, scale=0.01, above=-100
)
BETA = Slider(name="beta", label="Beta", start=1, low=0, high=2, step=0.05)
SHORT = Slider(name="notional_usd", label="Short (USD)", start=49e3, low=1e3, high=2e5, step=1e3)
SOURCE = Choice(
    name="source",
    label="Margin",
    start="bought",
    options={"bought": "new_money", "sold": "from_portfolio"},
)
CASE_C = {"move": -0.15, "notional_usd": 99_000, "source": "new_money"}


def study(move, beta, notional_usd, source):
    plan = plan_hedge(
        50_000,
        beta,
        ETH,
        3500,
        collateral=source,
        collateral_usd=49_000,
        notional_usd=notional_usd,
        max_leverage=3,
        fee_rate=0,
    )
    return study_move(plan, move)


@pytest.fixture
def explorer():
    return Explorer(study, MOVE, BETA, SHORT, SOURCE, presets={"Case C": CASE_C})


def agree(explorer):
    """Assert that what is on screen is the result for the state, and return its total."""
    expected = study(**explorer.state)
    shown = explorer.answer
    assert shown["problem"] == explorer.problem == ""
    assert shown["scene"] == expected.scene().data()
    assert explorer.sentence == expected.scene().alt
    return float(expected.point.total_pnl_usd[0])


def test_opens_at_the_start(explorer):
    assert explorer.state == {
        "move": -0.15,
        "beta": 1,
        "notional_usd": 49_000,
        "source": "new_money",
    }
    assert agree(explorer) == pytest.approx(-7500)
    assert "together −$7,500" in explorer.sentence


def test_a_move_on_the_page_is_answered_under_its_number(explorer):
    shown = hear(explorer, 7, "mine", move=20)
    assert (shown["serial"], shown["view"]) == (7, "mine")
    assert shown["values"]["move"] == 20
    assert explorer.state["move"] == pytest.approx(0.2)
    assert agree(explorer) == pytest.approx(10_000)


def test_a_silly_number_is_answered_in_a_few_words(explorer):
    shown = hear(explorer, move=1e200)
    assert len(shown["scene"]["title"]) < 120
    assert len(explorer.sentence) < 400


def test_what_a_browser_makes_of_steps_is_a_decimal(explorer):
    hear(explorer, move=23, beta=1.2000000000000002)
    assert explorer.state["move"] == 0.23
    agree(explorer)


def test_a_cell_that_sets_has_no_number(explorer):
    explorer.set(**CASE_C)
    shown = explorer.answer
    assert "serial" not in shown
    assert shown["values"] == {
        "move": -15,
        "beta": 1,
        "notional_usd": 99_000,
        "source": "bought",
    }
    assert agree(explorer) == pytest.approx(0, abs=1e-6)
    explorer.set(source="from_portfolio", notional_usd=49_000)
    assert agree(explorer) == pytest.approx(-150)
    explorer.reset()
    assert agree(explorer) == pytest.approx(-7500)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"move": -120}, "This cannot be: “Move (%)” must be above −100, got −120."),
        ({"move": None}, "This cannot be: “Move (%)” must be a number."),
        ({"move": "five"}, "“Move (%)” must be a number"),
        ({"move": float("nan")}, "“Move (%)” must be a number"),
        ({"notional_usd": 0}, "“Short (USD)” must be > 0"),
        ({"notional_usd": 190_000}, "above the cap of 3x"),
        ({"source": "stolen"}, "“Margin” must be one of 'bought', 'sold', got 'stolen'"),
    ],
)
def test_what_cannot_be_is_said_in_the_words_of_the_label(explorer, values, reason):
    shown = hear(explorer, **values)
    assert explorer.result is None
    assert reason in shown["problem"]
    assert "scene" not in shown
    data, _ = explorer._repr_mimebundle_()
    assert "<table" not in data["text/html"]
    assert "Traceback" not in data["text/html"]
    explorer.reset()
    assert agree(explorer) == pytest.approx(-7500)


def test_numbers_of_a_refusal_are_in_the_unit_of_the_slider():
    share = Slider(name="share", label="Share (%)", start=50, low=0, high=100, step=1, scale=0.01)

    def compute(share):
        raise InvalidInput(f"share must be between 0 and 0.6, got {share:g}")

    assert Explorer(compute, share).problem == (
        "This cannot be: “Share (%)” must be between 0 and 60, got 50."
    )


def test_a_mistake_in_the_lesson_leaves_nothing_stale(explorer):
    explorer._compute = lambda **_: {}["missing"]
    with pytest.raises(KeyError):
        explorer.set(move=0.1)
    assert explorer.result is None
    assert "Unexpected error" in explorer.sentence


def test_many_values_are_one_redraw():
    calls = []

    def counted(**state):
        calls.append(state)
        return study(**state)

    explorer = Explorer(counted, MOVE, BETA, SHORT, SOURCE)
    calls.clear()
    explorer.set(**CASE_C)
    assert len(calls) == 1
    explorer.reset()
    assert len(calls) == 2


def test_a_live_scene_is_small(explorer):
    for move in (-60, 0, 120, 300):
        hear(explorer, move=move, notional_usd=99_000)
        assert len(explorer.scene.to_json().encode()) < 10_000


def test_bundle_has_the_live_and_the_still_view(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert set(data) == {WIDGET_VIEW, "text/html", "text/plain"}
    assert data["text/plain"] == explorer.sentence
    assert f'alt="{explorer.sentence}"' in data["text/html"]
    assert explorer.scene.table.html() in data["text/html"]


def test_errors_of_the_author():
    with pytest.raises(InvalidInput, match="two controls"):
        Explorer(study, MOVE, MOVE)
    with pytest.raises(InvalidInput, match="no control 'moves'; there are move"):
        Explorer(lambda move: study(move, 1, 49e3, "new_money"), MOVE, presets={"x": {"moves": 1}})
    with pytest.raises(InvalidInput, match="start must be between"):
        Slider(name="x", label="x", start=5, low=0, high=1, step=1)
    with pytest.raises(InvalidInput, match="start must be an option"):
        Choice(name="x", label="x", options={"a": 1}, start="b")


def test_choice_refuses_what_it_does_not_have(explorer):
    with pytest.raises(InvalidInput, match="source must be one of 'new_money'"):
        explorer.set(source="stolen")


def test_a_finder_is_an_explorer_without_a_picture():
    finder = find_terms()
    finder.set(words="harmonic")
    scene = finder.answer["scene"]
    assert scene["panels"] == []
    assert [row[0] for row in scene["table"]["rows"]] == ["average entry"]
    assert "<img" not in finder._repr_mimebundle_()[0]["text/html"]


# A film


def frame(film, **values):
    start = {control["name"]: control["start"] for control in film["spec"]["controls"]}
    wanted = list((start | values).values())
    return film["scenes"][next(i for key, i in film["frames"].items() if json.loads(key) == wanted)]


def test_film_has_every_control_over_its_range_and_every_preset(explorer):
    explorer.set(move=0.5)
    film = explorer.film()
    assert json.loads(json.dumps(film)) == film
    for move in (-60, -15, 120):
        scene = study(move / 100, 1, 49_000, "new_money").scene()
        assert frame(film, move=move)["scene"] == scene.data()
    assert frame(film, source="sold")["scene"]["alt"].startswith("ETH −15%")
    assert "together $0" in frame(film, notional_usd=99_000)["scene"]["alt"]
    assert "above the cap" in frame(film, notional_usd=200_000)["problem"]
    # The film changes nothing of what is on screen.
    assert explorer.state["move"] == 0.5
    assert explorer.result.point.move[0] == 0.5
    assert len(deflated(film)) < 60_000
    assert "playFilm" in FILM_SCRIPT


def test_film_goes_on_from_a_preset_and_has_pairs_of_controls(explorer):
    film = explorer.film()
    preset = frame(film, notional_usd=99_000)
    assert frame(film, notional_usd=99_000, move=120) != preset
    at = [json.loads(key) for key in film["frames"]]
    start = [control["start"] for control in film["spec"]["controls"]]
    moved = [{i for i in range(3) if values[i] != start[i]} for values in at]
    for pair in ({0, 1}, {0, 2}, {1, 2}):
        assert moved.count(pair) > 5


def test_film_of_two_controls_is_a_whole_grid():
    few = Slider(name="move", label="Move (%)", start=0, low=-50, high=50, step=10, scale=0.01)
    film = Explorer(lambda move, source: study(move, 1, 49e3, source), few, SOURCE).film()
    assert len(film["frames"]) == 11 * 2
    assert frame(film, move=-50, source="sold") != frame(film, move=-50)


def test_film_leaves_words_out_and_names_them():
    film = Explorer(
        lambda move, words: study(move, 1, 49e3, words or "new_money"),
        Slider(name="move", label="Move (%)", start=0, low=-50, high=50, step=50, scale=0.01),
        Words(name="words", label="Words"),
    ).film()
    assert list(film["frames"]) == ["[0.0]", "[-50.0]", "[50.0]"]
    assert film["spec"]["words"] == ["Words"]
    assert [control["name"] for control in film["spec"]["controls"]] == ["move"]
