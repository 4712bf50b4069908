"""Holdings, books and every way in which a portfolio file can be wrong."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import check_value_object, floats, refused, shown

import hedgelib as h

PRICES = {"ADA": 0.5, "LINK": 20.0}


@pytest.fixture
def file(tmp_path):
    def write(content, name="book.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def book(*pairs, **kwargs):
    return h.Portfolio(
        holdings=tuple(h.Holding(coin=coin, value_usd=usd) for coin, usd in pairs), **kwargs
    )


# Holdings and books.


def test_a_book():
    found = book(("ADA", 6000), ("LINK", 3000.0), ("UNI", 1000))
    assert found.name == "book"
    assert (len(found), found.coins) == (3, ("ADA", "LINK", "UNI"))
    assert [holding.coin for holding in found] == ["ADA", "LINK", "UNI"]
    assert (found.value_usd, type(found.value_usd)) == (10000.0, float)
    assert found.values_usd.tolist() == [6000, 3000, 1000]
    assert found.weights.tolist() == [0.6, 0.3, 0.1]
    assert (found.value_of("LINK"), found.value_of("BTC")) == (3000.0, 0.0)
    assert type(found.value_of("BTC")) is float
    holding = h.Holding(coin="ADA", value_usd=1)
    assert (holding.quantity, holding.beta) == (None, None)
    with pytest.raises(AttributeError):
        holding.value_usd = 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"coin": ""}, "coin must be a printable name, got ''"),
        ({"coin": "  "}, "coin must be a printable name, got '  '"),
        ({"coin": "A\nB"}, "coin must be a printable name, got 'A\\nB'"),
        ({"coin": "A\u202eB"}, "coin must be a printable name, got 'A\\u202eB'"),
        ({"coin": None}, "coin must be a printable name, got None"),
        ({"coin": 7}, "coin must be a printable name, got 7"),
        ({"value_usd": -0.01}, "value_usd must be >= 0, got -0.01"),
        ({"value_usd": math.nan}, "value_usd must be >= 0, got nan"),
        ({"value_usd": [1.0]}, "value_usd must be a single number, got shape (1,)"),
        (
            {"value_usd": "5"},
            "value_usd must be numbers, got '5'; convert it with float() first",
        ),
        ({"quantity": -1}, "quantity must be >= 0, got -1.0"),
        ({"quantity": math.inf}, "quantity must be >= 0, got inf"),
        ({"beta": math.inf}, "beta must be a finite number, got inf"),
        ({"beta": True}, "beta must be numbers, got True; convert it with float() first"),
    ],
)
def test_what_is_no_holding(change, message):
    with refused(message):
        h.Holding(**({"coin": "ADA", "value_usd": 1.0} | change))


def test_what_is_a_holding():
    h.Holding(coin="<b>", value_usd=0, quantity=0, beta=-2)


def test_what_is_no_book():
    with refused("a portfolio needs at least one holding"):
        book()
    with refused("coin 'ADA' stands twice; add the two up in one holding"):
        book(("ADA", 1), ("LINK", 1), ("ADA", 2))
    with refused("a portfolio must be worth more than 0 USD"):
        book(("ADA", 0), ("LINK", 0))
    with refused("the values are too large to add up"):
        book(("ADA", 1e308), ("LINK", 1e308))
    assert book(("ADA", 5e-324)).value_usd == 5e-324


def test_a_book_in_a_notebook_is_text():
    found = h.Portfolio(
        name="<script>alert('n')</script>",
        holdings=(
            h.Holding(coin="<img src=x>", value_usd=7500.5, beta=1.25),
            h.Holding(coin='"A&B"', value_usd=2499.5),
        ),
    )
    assert shown(found) == [
        "<script>alert('n')</script>: $10,000.00",
        *("coin", "value", "share", "own beta"),
        *("<img src=x>", "$7,500.50", "75.0%", "1.25"),
        *('"A&B"', "$2,499.50", "25.0%", ""),
    ]


@given(st.lists(floats(0, 1e12), min_size=1, max_size=8))
def test_weights_sum_to_one(values):
    pairs = [(f"C{i}", value) for i, value in enumerate([*values, 1.0])]
    found = book(*pairs)
    assert found.weights.sum() == pytest.approx(1)
    assert found.value_usd == pytest.approx(math.fsum(value for _, value in pairs))


# Files that are right.


def test_a_file(file):
    found = h.read_portfolio(
        file("coin,usd_value,beta\nADA,6000,\nlink,4e3,-1.5\n", "my coins.csv")
    )
    assert found.name == "my coins"
    assert found.holdings == (
        h.Holding(coin="ADA", value_usd=6000.0),
        h.Holding(coin="LINK", value_usd=4000.0, beta=-1.5),
    )
    assert h.read_portfolio(str(file("coin,usd_value\nADA,1\n"))).value_usd == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "coin,usd_value\r\nADA,6000\r\nLINK,4000\r\n",
        "coin,usd_value\rADA,6000\rLINK,4000",
        "\ufeffcoin,usd_value\nADA,6000\nLINK,4000\n",
        "\n\n# two coins\ncoin,usd_value\n\n  # ADA,1\nADA,6000\n,\n   \nLINK,4000\n#\n\n",
        " COIN , Usd_Value \n ada , 6000 \n\tLink,\t4000\n",
        'coin,usd_value\n"ADA","6000"\n"LINK",4000\n',
        "usd_value,coin\n6000,ADA\n4000,LINK",
        "coin,usd_value,quantity,beta\nADA,6000,,\nLINK,+4000.,,\n",
        'coin,usd_value\n#ADA,"1\nADA,6000\nLINK,4000\n#"x"\n',
        "coin,usd_value\n# page 1\x0cUNI,5\n# a\u2028UNI,5\n# \x85UNI,5\nADA,6000\nLINK,4000\n",
    ],
    ids=["crlf", "cr", "bom", "comments", "spaces", "quotes", "order", "all", "quote", "breaks"],
)
def test_ways_to_write_the_same_book(file, text):
    found = h.read_portfolio(file(text))
    assert [(holding.coin, holding.value_usd) for holding in found] == [
        ("ADA", 6000.0),
        ("LINK", 4000.0),
    ]


def test_quantities_are_valued_with_prices(file):
    path = file("coin,quantity,usd_value\nADA,100,\nLINK,,30\n")
    found = h.read_portfolio(path, PRICES)
    assert found.holdings == (
        h.Holding(coin="ADA", value_usd=50.0, quantity=100.0),
        h.Holding(coin="LINK", value_usd=30.0),
    )
    only = h.read_portfolio(file("coin,quantity\nlink,.5\n"), PRICES)
    assert (only.value_usd, only.holdings[0].quantity) == (10.0, 0.5)


def test_names_are_only_ever_text(file):
    path = file('coin,usd_value\n"<b>x, y</b>",5\n"#1",5\n=1+1,5\n', "<script>.csv")
    found = h.read_portfolio(path)
    assert found.coins == ("<B>X, Y</B>", "#1", "=1+1")
    assert found.name == "<script>"
    assert shown(found)[0] == "<script>: $15.00"
    assert "<B>X, Y</B>" in shown(found)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("+5", 5.0),
        ("1e3", 1000.0),
        ("1E+3", 1000.0),
        ("125e-2", 1.25),
        ("007", 7.0),
        ("1" + "0" * 300, 1e300),
        ("1e308", 1e308),
    ],
)
def test_plain_numbers(file, text, value):
    assert h.read_portfolio(file(f"coin,usd_value\nADA,{text}\n")).value_usd == value


def test_nothing_held_of_a_coin_is_nothing(file):
    found = h.read_portfolio(file("coin,usd_value\nADA,-0\nLINK,0\nUNI,1\n"))
    assert [str(holding.value_usd) for holding in found] == ["0.0", "0.0", "1.0"]


# Files that are wrong.

NOT_PLAIN = "must be a plain number such as 1250.50, got "

WRONG = [
    # content, line, column, message
    ("", None, None, "the file is empty; the first line is a header such as coin,usd_value"),
    (
        "\n \n# x\n",
        None,
        None,
        "the file is empty; the first line is a header such as coin,usd_value",
    ),
    ("coin,usd_value\n", None, None, "the file has a header but no holding"),
    ("coin,usd_value\n# ADA,5\n,\n", None, None, "the file has a header but no holding"),
    (
        "# x\ncoin,value\nADA,1\n",
        2,
        "value",
        "unknown column; the columns are coin, usd_value, quantity, beta",
    ),
    (
        "coin,usd_value,\nA,1,\n",
        1,
        "",
        "unknown column; the columns are coin, usd_value, quantity, beta",
    ),
    ("coin,usd_value,USD_value\nA,1,2\n", 1, "usd_value", "this column stands twice"),
    ("usd_value,beta\n1,2\n", 1, None, "no column 'coin'; found usd_value, beta"),
    (
        "coin,beta\nADA,1\n",
        1,
        None,
        "no column 'usd_value' and none 'quantity'; one of them is needed",
    ),
    (
        "ADA,6000\n",
        1,
        "ada",
        "unknown column; the columns are coin, usd_value, quantity, beta",
    ),
    (
        "coin,usd_value\nADA,6,000\n",
        2,
        None,
        "3 values where the header has 2 columns; write numbers without thousands separators",
    ),
    (
        "coin,usd_value\nADA\n",
        2,
        None,
        "1 values where the header has 2 columns; write numbers without thousands separators",
    ),
    ('coin,usd_value\nADA,"6,000"\n', 2, "usd_value", NOT_PLAIN + "'6,000'"),
    ("coin,usd_value\nADA,6 000\n", 2, "usd_value", NOT_PLAIN + "'6 000'"),
    ("coin,usd_value\nADA,6'000\n", 2, "usd_value", NOT_PLAIN + '"6\'000"'),
    ("coin,usd_value\nADA,$6000\n", 2, "usd_value", NOT_PLAIN + "'$6000'"),
    ("coin,usd_value\nADA,6_000\n", 2, "usd_value", NOT_PLAIN + "'6_000'"),
    ("coin,usd_value\nADA,0x10\n", 2, "usd_value", NOT_PLAIN + "'0x10'"),
    ("coin,usd_value\nADA,١٢\n", 2, "usd_value", NOT_PLAIN + "'١٢'"),
    ("coin,usd_value\nADA,5e\n", 2, "usd_value", NOT_PLAIN + "'5e'"),
    ("coin,usd_value\nADA,.\n", 2, "usd_value", NOT_PLAIN + "'.'"),
    ("coin,usd_value\nADA,+\n", 2, "usd_value", NOT_PLAIN + "'+'"),
    ("coin,usd_value\nADA,--5\n", 2, "usd_value", NOT_PLAIN + "'--5'"),
    ("coin,usd_value\nADA,nan\n", 2, "usd_value", NOT_PLAIN + "'nan'"),
    ("coin,usd_value\nADA,inf\n", 2, "usd_value", NOT_PLAIN + "'inf'"),
    ("coin,usd_value\nADA,many\n", 2, "usd_value", NOT_PLAIN + "'many'"),
    ("coin,usd_value\nADA,true\n", 2, "usd_value", NOT_PLAIN + "'true'"),
    ("coin,usd_value\nADA,1e400\n", 2, "usd_value", "1e400 is too large"),
    (
        "coin,usd_value\nADA,-5\n",
        2,
        "usd_value",
        "must be >= 0, got -5; a short position is not a holding",
    ),
    (
        "coin,quantity\nADA,-5\n",
        2,
        "quantity",
        "must be >= 0, got -5; a short position is not a holding",
    ),
    ("coin,usd_value,beta\nADA,1,one\n", 2, "beta", NOT_PLAIN + "'one'"),
    ("coin,usd_value,beta\nADA,1,-1e999\n", 2, "beta", "-1e999 is too large"),
    ("coin,usd_value\n,5\n", 2, "coin", "must be a printable name, got ''"),
    ("coin,usd_value\n  ,5\n", 2, "coin", "must be a printable name, got '  '"),
    (
        'coin,usd_value\nADA,1\n"A\nB",5\nUNI,1\n',
        3,
        "coin",
        "must be a printable name, got 'A\\nB'",
    ),
    ("coin,usd_value\nA\u200bB,5\n", 2, "coin", "must be a printable name, got 'A\\u200bB'"),
    ("coin,usd_value\nA\x00,5\n", 2, "coin", "must be a printable name, got 'A\\x00'"),
    ("coin,usd_value\nADA,\n", 2, "usd_value", "ADA has no value"),
    ("coin,quantity\nADA,\n", 2, "quantity", "ADA has no value"),
    ("coin,quantity,usd_value\nADA,,\n", 2, "usd_value", "ADA has no value"),
    (
        "coin,quantity,usd_value\nADA,1,2\n",
        2,
        "quantity",
        "ADA has both usd_value and quantity; leave one of them empty",
    ),
    (
        "coin,quantity\nNEW,1\n",
        2,
        "quantity",
        "no price of NEW to value the quantity with; give its usd_value instead",
    ),
    (
        "coin,quantity\nLINK,1e308\n",
        2,
        "quantity",
        "LINK cannot be valued: value_usd must be >= 0, got inf",
    ),
    (
        "coin,usd_value\nADA,1\n\n# x\nLINK,1\nada,2\n",
        6,
        "coin",
        "'ADA' stands in line 2 already; add the two up in one line",
    ),
    (
        'coin,usd_value\n"A\nB"\n',
        2,
        None,
        "1 values where the header has 2 columns; write numbers without thousands separators",
    ),
    (
        'coin,usd_value\nADA,"5\n',
        2,
        None,
        "not readable as CSV: unexpected end of data; check the quotes",
    ),
    (
        'coin,usd_value\nUNI,1\nADA,"5"x\n',
        3,
        None,
        "not readable as CSV: ',' expected after '\"'; check the quotes",
    ),
    (
        f"coin,usd_value\n{'A' * 200_000},1\n",
        2,
        None,
        "not readable as CSV: field larger than field limit (131072); check the quotes",
    ),
    ("coin,usd_value\nADA,0\n", None, None, "a portfolio must be worth more than 0 USD"),
    ("coin,usd_value\nA,1e308\nB,1e308\n", None, None, "the values are too large to add up"),
    (b"\xff\xfec\x00o\x00i\x00n\x00", None, None, "not UTF-8 text; save the sheet as CSV UTF-8"),
    (
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00\xb5\x55",
        None,
        None,
        "not UTF-8 text; save the sheet as CSV UTF-8",
    ),
    (
        bytes(range(128)),
        1,
        "".join(map(chr, range(9))),
        "unknown column; the columns are coin, usd_value, quantity, beta",
    ),
]


@pytest.mark.parametrize(("content", "line", "column", "message"), WRONG)
def test_a_wrong_file_is_named_with_the_place(file, content, line, column, message):
    path = file(content)
    with pytest.raises(h.PortfolioFileError) as error:
        h.read_portfolio(path, PRICES)
    where = str(path)
    where += "" if line is None else f", line {line}"
    where += "" if column is None else f", column {column!r}"
    assert str(error.value) == f"{where}: {message}"
    assert (error.value.path, error.value.line, error.value.column) == (path, line, column)


def fails(path, message, prices=None, **place):
    with pytest.raises(h.PortfolioFileError) as error:
        h.read_portfolio(path, prices)
    assert str(error.value) == str(h.PortfolioFileError(message, path=path, **place))


def test_a_path_that_is_no_file(tmp_path, file):
    fails(tmp_path / "none.csv", "there is no such file")
    fails(tmp_path, "this is a folder; name a CSV file in it")
    fails(file("x") / "below.csv", "cannot be read: Not a directory")
    fails(tmp_path / ("n" * 300), "cannot be read: File name too long")
    fails("a\0b.csv", "cannot be a path: embedded null byte")


def test_a_file_that_may_not_be_read(file, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    path = file("coin,usd_value\nADA,1\n")
    monkeypatch.setattr(type(path), "read_text", refuse)
    fails(path, "cannot be read: Permission denied")


@pytest.mark.parametrize(
    ("price", "message"),
    [
        (0, "price_usd must be > 0, got 0.0"),
        (-1.0, "price_usd must be > 0, got -1.0"),
        (math.nan, "price_usd must be > 0, got nan"),
        ("5", "price_usd must be numbers, got '5'; convert it with float() first"),
    ],
)
def test_a_price_that_is_none(file, price, message):
    path = file("coin,quantity\nADA,1\n")
    fails(path, f"ADA cannot be valued: {message}", {"ADA": price}, line=2, column="quantity")


def test_a_quantity_without_prices(file):
    path = file("coin,quantity\nADA,1\n")
    message = "no price of ADA to value the quantity with; give its usd_value instead"
    for prices in (None, {}, {"ada": 1.0}):
        fails(path, message, prices, line=2, column="quantity")


tokens = st.sampled_from(
    [
        "ADA",
        "link",
        "UNI",
        ",",
        ",",
        ",",
        "\n",
        "\n",
        "5",
        "1e3",
        "-",
        '"',
        "#",
        " ",
        "\r",
        "\u2028",
    ]
)


@given(
    st.text(max_size=60)
    | st.binary(max_size=60).map(lambda b: b.decode("latin-1"))
    | st.lists(tokens, max_size=25).map("".join)
)
def test_whatever_a_file_holds_it_is_a_book_or_an_error(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "book.csv"
    for content in (text, "coin,usd_value\n" + text, "coin,quantity,beta\nADA," + text):
        path.write_bytes(content.encode("utf-8", "surrogatepass"))
        try:
            found = h.read_portfolio(path, PRICES)
        except h.PortfolioFileError as error:
            where, _, message = str(error).partition(": ")
            found = None
            told = where.startswith(str(path)) and message != ""
        assert told if found is None else 0 < found.value_usd < math.inf


@pytest.mark.parametrize("kind", [h.Holding, h.Portfolio])
def test_value_objects(kind):
    check_value_object(kind)
