"""Holdings, books and every way in which a portfolio file can be wrong."""

from __future__ import annotations

import json
import math
import os
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgelib as h
from tests.strategies import check_value_object, floats, refused, shown

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
        ({"price_usd": 0}, "price_usd must be > 0, got 0.0"),
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
    with refused("coin 'ADA' appears twice; add the two up in one holding"):
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
        h.Holding(coin="ADA", value_usd=50.0, quantity=100.0, at_market=True),
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
    assert (pairs(found), found.notes) == (
        [("UNI", 1.0)], (("dust", "less than a cent, left out: ADA, LINK"),)
    )  # fmt: skip


# Files as trackers and spreadsheets write them.

TWO = [("ADA", 6000.0), ("LINK", 4000.0)]


def pairs(found):
    return [(holding.coin, holding.value_usd) for holding in found]


@pytest.mark.parametrize(
    ("header", "rows", "read_as"),
    [
        ("Symbol,Value", "ADA,6000\nLINK,4000", [("Symbol", "coin"), ("Value", "usd_value")]),
        ("Ticker,Market Value", "ADA,6000\nLINK,4000", None),
        ("Asset,USD Value", "ADA,6000\nLINK,4000", None),
        ("Token,Value (USD)", "ADA,6000\nLINK,4000", None),
        ("Coin Symbol,Value in USD", "ADA,6000\nLINK,4000", None),
        ("ASSET,Balance (US$)", "ADA,6000\nLINK,4000", None),
        ("coin,total_value_usd", "ADA,6000\nLINK,4000", None),
        ("Coin,Amount,Price", "ADA,12000,0.5\nLINK,200,20", None),
        ("Coin,Balance,Current price", "ADA,12000,$0.50\nLINK,200,$20", None),
        ("Coin,Holdings,Price($)", "ADA,12000,0.5\nLINK,200,20", None),
        ("Coin,Quantity", "ADA,12000\nLINK,200", [("Coin", "coin")][:0]),
        (
            "Note,Coin,Quantity,Price,Value,Comment",
            'a,ADA,12000,0.50,"$6,000.00",b\n,LINK,200,20,4000,',
            [("Value", "usd_value"), ("Price", "price_usd")],
        ),
    ],
)
def test_columns_by_the_names_that_trackers_give_them(file, header, rows, read_as):
    found = h.read_portfolio(file(f"{header}\n{rows}\n"), PRICES)
    assert pairs(found) == TWO
    if read_as is not None:
        assert list(found.read_as) == read_as


def test_a_file_in_our_words_has_nothing_to_tell(file):
    assert h.read_portfolio(file(" COIN ,Usd_Value\nADA,1\n")).read_as == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_stands_between_columns(file, delimiter):
    rows = (
        ["coin", "quantity", "price_usd", "beta"],
        ["ADA", "10", "2.5", "-1"],
        ["B", "4", "1", ""],
    )
    text = "\ufeff# mine, all of it; so far\n" + "\r\n".join(delimiter.join(row) for row in rows)
    assert h.read_portfolio(file(text)).holdings == (
        h.Holding(coin="ADA", value_usd=25.0, quantity=10.0, price_usd=2.5, beta=-1.0),
        h.Holding(coin="B", value_usd=4.0, quantity=4.0, price_usd=1.0),
    )


@pytest.mark.parametrize("told", ["sep=;", '"SEP=;"', "# mine\r\nsep=;"])
def test_what_stands_between_columns_can_be_told_as_excel_is_told(file, told):
    text = f"\ufeff{told}\r\nValue, USD;coin\r\n5,5;ADA\r\n"
    assert pairs(h.read_portfolio(file(text))) == [("ADA", 5.5)]
    fails(
        file(f"{told}\r\n"), "the file is empty; the first line is a header such as coin,usd_value"
    )


def test_a_separator_in_quotes_is_none(file):
    text = 'coin,"Value; USD",note\n"A;B",5,"x, y; z"\n'
    assert pairs(h.read_portfolio(file(text))) == [("A;B", 5.0)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$6000", 6000),
        ("$ 6000.50", 6000.5),
        ("US$6000", 6000),
        ("6000 USD", 6000),
        ("usd 6000", 6000),
        ("+$6000", 6000),
        ("1,234.5", 1234.5),
        ("$1,234.50", 1234.5),
        ("$12,345,678.90", 12345678.9),
        ("1,234,567", 1234567),
        ("1.234", 1.234),
        ("12,50", 12.5),
        ("1.234,5", 1234.5),
        ("1.234.567", 1234567),
        ("6 000", 6000),
        ("6\u202f000,5", 6000.5),
        ("6'000.50", 6000.5),
    ],
)
def test_numbers_that_can_be_read_in_one_way(file, text, value):
    assert h.read_portfolio(file(f'coin,value\nADA,"{text}"\n')).value_usd == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234,5", 1234.5),
        ("0,125", 0.125),
        ("1.234,50", 1234.5),
        ("1.234.567,8", 1234567.8),
        ("1.234.567", 1234567),
        ("1,234.50", 1234.5),
        ("1234.5", 1234.5),
        ("1.2340", 1.234),
        ("0.125", 0.125),
        ("1234,50 USD", 1234.5),
    ],
)
def test_numbers_between_semicolons(file, text, value):
    assert h.read_portfolio(file(f"coin;value\nADA;{text}\n")).value_usd == value


def test_a_value_counts_before_quantity_times_price(file):
    # 3 x 33.33 is 99.99: as near to 100 as two decimals go.
    found = h.read_portfolio(file("coin,amount,price,value,beta\nADA,3,33.33,100.00,2\n"), PRICES)
    assert found.holdings == (
        h.Holding(coin="ADA", value_usd=100.0, quantity=3.0, price_usd=33.33, beta=2.0),
    )
    # 0.5 may be anything from 0.45 to 0.55, but 3 is a count.
    part = h.read_portfolio(file("coin,amount,price,value\nADA,0.5,3000,1620\n"))
    assert part.value_usd == 1620.0
    alone = h.read_portfolio(file("coin,quantity,usd_value\nADA,3,100\n"), PRICES)
    assert alone.holdings == (h.Holding(coin="ADA", value_usd=100.0, quantity=3.0),)
    priced = h.read_portfolio(file("coin,quantity,price_usd\nADA,3,2\nLINK,1,\n"), PRICES)
    assert [(x.value_usd, x.at_market) for x in priced] == [(6.0, False), (20.0, True)]
    assert h.read_portfolio(file("coin,value,price\nADA,3,2\n")).holdings[0].price_usd == 2.0


JSON_TWO = [
    '[{"coin": "ADA", "usd_value": 6000}, {"coin": "link", "usd_value": 4e3}]',
    '[{"Symbol": "ADA", "Value (USD)": "$6,000.00"}, {"Ticker": "LINK", "value": "4000"}]',
    '{"ADA": 6000, "LINK": 4000.0}',
    '{"ADA": {"quantity": 12000, "price_usd": 0.5}, "LINK": {"quantity": 200}}',
    '{"# as of": "today", "ADA": "6000", "LINK": {"usd_value": 4000, "note": ["any", {}]}}',
    '{"holdings": [{"coin": "ADA", "value": 6000, "#": 1}, {"coin": "LINK", "value": 4000}]}',
    '{"comment": "mine", "holdings": {"ADA": 6000, "LINK": 4000}}',
    '\ufeff [{"coin":"ADA","quantity":12000,"beta":null},{"coin":"LINK","usd_value":4000.00}]\n',
]


@pytest.mark.parametrize("text", JSON_TWO)
def test_shapes_of_json(file, text):
    found = h.read_portfolio(file(text, "my coins.JSON"), PRICES)
    assert (pairs(found), found.name) == (TWO, "my coins")


def test_all_that_json_can_say(file):
    text = '{"ADA": {"amount": 10, "price": 2, "value": 20.0, "beta": -1.5}, "0x<b>": 7}'
    found = h.read_portfolio(file(text, "x.json"))
    assert found.holdings == (
        h.Holding(coin="ADA", value_usd=20.0, quantity=10.0, price_usd=2.0, beta=-1.5),
        h.Holding(coin="0X<B>", value_usd=7.0),
    )
    assert ("amount", "quantity") in found.read_as


coins = st.text(st.characters(categories=["Lu", "Nd"], codec="ascii"), min_size=1, max_size=5)
books = st.dictionaries(
    coins.filter(lambda coin: "TOTAL" not in coin),
    st.tuples(floats(0.01, 1e9), st.none() | floats(-9, 9)),
    min_size=1,
    max_size=6,
)


@given(books)
def test_a_book_reads_the_same_however_it_is_written(tmp_path_factory, book):
    folder = tmp_path_factory.mktemp("same")
    rows = [(coin, repr(value), "" if b is None else repr(b)) for coin, (value, b) in book.items()]
    named = [{"coin": c, "usd_value": v, "beta": b} for c, (v, b) in book.items()]
    keyed = {c: {"usd_value": v, "beta": b} for c, (v, b) in book.items()}
    written = {"book.json": json.dumps(named), "keyed.json": json.dumps({"holdings": keyed})}
    for name, delimiter in (("comma.csv", ","), ("tab.csv", "\t")):
        lines = [delimiter.join(row) for row in (("coin", "usd_value", "beta"), *rows)]
        written[name] = "\n".join(lines)
    found = []
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
        found.append(h.read_portfolio(folder / name).holdings)
    assert found == [found[0]] * 4
    assert [(x.coin, x.value_usd, x.beta) for x in found[0]] == [
        (coin, value, beta) for coin, (value, beta) in book.items()
    ]


# Files that are wrong.

EITHER = "{0!r} can be read as {1} or as {2}; write the one that is meant"
NO_PRICE = (
    "no price of NEW to value the quantity with; give its price_usd or its usd_value, or its "
)
NO_PRICE += "closes with --prices (prices)"
NOT_USD = "must be in USD, got EUR; convert it, or give the USD for 1 EUR with --fx (fx)"
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
        "# x\ncoin,Worth\nADA,1\n",
        2,
        None,
        "no column 'usd_value' and none 'quantity'; found 'coin, Worth'; one of them is needed",
    ),
    (
        "coin,usd_value,\nADA,6,000\n",
        1,
        None,
        "column 3 has no name; name it, comment where it is not to be read",
    ),
    ("coin,usd_value,usd_value\nA,1,2\n", 1, "usd_value", "this column appears twice"),
    ("usd_value,beta\n1,2\n", 1, None, "no column 'coin'; found 'usd_value, beta'"),
    (
        "coin,beta\nADA,1\n",
        1,
        None,
        "no column 'usd_value' and none 'quantity'; found 'coin, beta'; one of them is needed",
    ),
    (
        "ADA,6000\n",
        1,
        None,
        "no header, found 'ADA, 6000'; the first line is a header such as coin,usd_value",
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
    ('coin,usd_value\nADA,"6,000"\n', 2, "usd_value", EITHER.format("6,000", "6000", "6.000")),
    ('coin,Value\nADA,"$6,000"\n', 2, "Value", EITHER.format("$6,000", "6000", "6.000")),
    ("coin;usd_value\nADA;6,000\n", 2, "usd_value", EITHER.format("6,000", "6000", "6.0000")),
    ("coin;usd_value\nADA;6.000\n", 2, "usd_value", EITHER.format("6.000", "6.0000", "6000")),
    ("coin,usd_value\nADA,6_000\n", 2, "usd_value", NOT_PLAIN + "'6_000'; write 6000"),
    ('coin,value\nADA,"1,2345.0"\n', 2, "value", NOT_PLAIN + "'1,2345.0'"),
    ('coin,value\nADA,"0,123.5"\n', 2, "value", NOT_PLAIN + "'0,123.5'"),
    ('coin,value\nADA,"1,00,000"\n', 2, "value", NOT_PLAIN + "'1,00,000'"),
    ("coin,usd_value\nADA,$$5\n", 2, "usd_value", NOT_PLAIN + "'$$5'"),
    ("coin,usd_value\nADA,$\n", 2, "usd_value", NOT_PLAIN + "'$'"),
    ("coin,usd_value\nADA,5 USDT\n", 2, "usd_value", NOT_PLAIN + "'5 USDT'"),
    ("coin,usd_value\nADA,€5\n", 2, "usd_value", NOT_USD),
    ("coin,usd_value\nADA,5 EUR\n", 2, "usd_value", NOT_USD),
    (
        "coin,amount\nADA,$5\n",
        2,
        "amount",
        "must be a number of coins; a value in USD goes into usd_value, got '$5'",
    ),
    (
        "coin,value,beta\nADA,1,$5\n",
        2,
        "beta",
        "must be a number without currency, got '$5'",
    ),
    (
        "coin,value\nADA,$-5\n",
        2,
        "value",
        "must be >= 0, got '-5'; a short position is not a holding",
    ),
    (f"coin,value\nADA,{'x' * 99}\n", 2, "value", NOT_PLAIN + f"'{'x' * 60}'..."),
    (
        "coin,value,price\nADA,1,0\n",
        2,
        "price",
        "must be > 0; leave it empty where it is not known",
    ),
    ("coin,quantity,value\nADA,0,5\n", 2, "quantity", "ADA has a value of 5 and a quantity of 0"),
    (
        "coin,amount,price,value\nADA,3,33.33,102\n",
        2,
        "value",
        "ADA has a value of 102, but 3 x 33.33 is 99.99; leave out what is not right",
    ),
    (
        "Symbol,Ticker,Value\nADA,ADA,5\n",
        1,
        None,
        "'Symbol' and 'Ticker' both mean coin; keep one, and rename the other to comment",
    ),
    (
        "coin,Value,Market value,Current value\nADA,1,1,1\n",
        1,
        None,
        "'Value', 'Market value' and 'Current value' all mean usd_value; keep one, and rename "
        "the rest to comment",
    ),
    (
        "coin,Value (EUR)\nADA,1\nLINK,2\n",
        2,
        "Value (EUR)",
        NOT_USD,
    ),
    (
        "coin,value;beta\nADA,1\n",
        1,
        None,
        "commas and semicolons in one header; separate the columns by one of them",
    ),
    (
        "coin;value\nADA;1;5\n",
        2,
        None,
        "3 values where the header has 2 columns; put what holds a separator into quotes",
    ),
    (
        '[{"coin": "ADA"}]',
        1,
        None,
        "this looks like JSON; give the file a name that ends in .json",
    ),
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
    ("coin,usd_value\nADA,1e400\n", 2, "usd_value", "'1e400' is too large"),
    (
        "coin,usd_value\nADA,1e99999999999999999999\n",
        2,
        "usd_value",
        "'1e99999999999999999999' is too large",
    ),
    (
        "coin,usd_value\nADA,-5\n",
        2,
        "usd_value",
        "must be >= 0, got '-5'; a short position is not a holding",
    ),
    (
        "coin,quantity\nADA,-5\n",
        2,
        "quantity",
        "must be >= 0, got '-5'; a short position is not a holding",
    ),
    ("coin,usd_value,beta\nADA,1,one\n", 2, "beta", NOT_PLAIN + "'one'"),
    ("coin,usd_value,beta\nADA,1,-1e999\n", 2, "beta", "'-1e999' is too large"),
    ("coin,usd_value\n,5\n", 2, "coin", "must be a printable name, got ''"),
    (f"coin,usd_value\n{'X' * 65},5\n", 2, "coin", "must have at most 64 characters, got 65"),
    ("coin,usd_value\n  ,5\n", 2, "coin", "must be a printable name, got ''"),
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
        "coin,quantity\nNEW,1\n",
        2,
        "quantity",
        NO_PRICE,
    ),
    (
        "coin,quantity\nLINK,1e308\n",
        2,
        "quantity",
        "LINK cannot be valued: value_usd must be >= 0, got inf",
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
    (b"\xff\xfec\x00o\x00i\x00n", None, None, "not UTF-8 text; save the sheet as CSV UTF-8"),
    (b"coin,usd_value\n\xff\x00,1\n", None, None, "not UTF-8 text; save the sheet as CSV UTF-8"),
    (
        b"\xd0\xcf\x11\xe0",
        None,
        None,
        "a workbook of an old Excel; save it as .xlsx or as CSV UTF-8",
    ),
    (
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00\xb5\x55",
        None,
        None,
        "not text, but a workbook or an archive; give a workbook a name that ends in .xlsx",
    ),
    (
        bytes(range(128)).replace(b"\t", b"").replace(b";", b""),
        1,
        None,
        f"no column 'coin'; found {''.join(map(chr, range(9)))!r}",
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


WRONG_JSON = [
    # content, place, message
    ("", None, "the file is empty; write a list of holdings"),
    ("[]", None, "the file has no holding"),
    ('{"# nothing": "yet"}', None, "the file has no holding"),
    ('{"holdings": {}}', None, "the file has no holding"),
    ("5", "$", "must be a list of holdings, or an object of coins and values, got a number"),
    ("null", "$", "must be a list of holdings, or an object of coins and values, got null"),
    ("[5]", "$[0]", "must be an object with coin and usd_value or quantity, got a number"),
    ("[true]", "$[0]", "must be an object with coin and usd_value or quantity, got true"),
    ('[{"usd_value": 5}]', "$[0]", "no 'coin'; found 'usd_value'"),
    ('[{"coin": "A", "usd_value": 1}, {"coin": 5}]', "$[1].coin", "must be text, got a number"),
    ('[{"coin": "", "usd_value": 1}]', "$[0].coin", "must be a printable name, got ''"),
    (r'[{"coin": "\ud800", "value": 1}]', "$[0].coin", r"must be a printable name, got '\ud800'"),
    ('[{"coin": "A"}]', "$[0].quantity", "A has no value"),
    ('[{"coin": "A", "worth": 1}]', "$[0].quantity", "A has no value"),
    (
        '[{"coin": "A", "usd_value": 1}, "B"]',
        "$[1]",
        "must be an object with coin and usd_value or quantity, got text",
    ),
    (
        '[{"coin": "A", "symbol": "A", "value": 1}]',
        "$[0]",
        "'coin' and 'symbol' both mean coin; keep one, and rename the other to comment",
    ),
    ('[{"coin": "A", "value": 1, "value": 2}]', "$[0].value", "this key appears twice"),
    ('{"ADA": 1, "ADA": 2}', "$.ADA", "this key appears twice"),
    ('{"ADA": null}', "$.ADA", "ADA has no value"),
    ('{"ADA": -5}', "$.ADA", "must be >= 0, got '-5'; a short position is not a holding"),
    ('{"ADA": 1e999}', "$.ADA", "'1E+999' is too large"),
    (
        '{"ADA": 1e99999999999999999999}',
        "$.ADA",
        "'Infinity' is too large",
    ),
    ('{"ADA": NaN}', "$.ADA", NOT_PLAIN + "'NaN'"),
    ('{"ADA": -Infinity}', "$.ADA", NOT_PLAIN + "'-Infinity'"),
    ('{"ADA": "6,000"}', "$.ADA", EITHER.format("6,000", "6000", "6.000")),
    (
        '{"ADA": true}',
        "$.ADA",
        "must be a value in USD, or an object with usd_value or quantity, got true",
    ),
    (
        '{"portfolio": []}',
        "$.portfolio",
        "must be a value in USD, or an object with usd_value or quantity, got a list; a list of "
        "holdings has the key holdings",
    ),
    (
        '{"coin": "ADA", "usd_value": 5}',
        "$",
        "a single holding must be in a list; put [ and ] around it",
    ),
    (
        '{"ADA": {"coin": "ADA", "value": 1}}',
        "$.ADA.coin",
        "the coin is the key of this object; remove this",
    ),
    ('{"A B": {"usd_value": []}}', '$["A B"].usd_value', "must be a number, got a list"),
    ('{"A": {"beta": {}, "value": 1}}', "$.A.beta", "must be a number, got an object"),
    ('{"NEW": {"quantity": 1}}', "$.NEW.quantity", NO_PRICE),
    ('{"total": 5}', None, "the file has no holding"),
]


@pytest.mark.parametrize(("text", "place", "message"), WRONG_JSON)
def test_wrong_json_is_named_with_its_path(file, text, place, message):
    path = file(text, "book.json")
    with pytest.raises(h.PortfolioFileError) as error:
        h.read_portfolio(path, PRICES)
    assert str(error.value) == f"{path}{'' if place is None else f', {place}'}: {message}"
    assert (error.value.place, error.value.line, error.value.column) == (place, None, None)
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[\n 1,,\n]", 2, "not readable as JSON: Expecting value, at character 4"),
        ("coin,usd_value\nADA,1", 1, "not readable as JSON: Expecting value, at character 1"),
        ('{"ADA": 1}}', 1, "not readable as JSON: Extra data, at character 11"),
        ("[" * 100_000, None, "not readable as JSON: nested too deeply"),
    ],
    ids=["a comma", "CSV", "a brace", "deep"],
)
def test_what_is_no_json_is_named_with_its_line(file, text, line, message):
    fails(file(text, "book.json"), message, line=line)


def fails(path, message, prices=None, **place):
    with pytest.raises(h.PortfolioFileError) as error:
        h.read_portfolio(path, prices)
    assert str(error.value) == str(h.PortfolioFileError(message, path=path, **place))


@pytest.mark.skipif(os.name != "posix", reason="messages and devices of POSIX")
def test_a_path_that_is_no_file(tmp_path, file):
    fails(tmp_path / "none.csv", "there is no such file")
    fails(tmp_path, "this is a folder; name a CSV, Excel or JSON file in it")
    fails(file("x") / "below.csv", "cannot be read: Not a directory")
    fails(tmp_path / ("n" * 300), "cannot be read: File name too long")
    fails("a\0b.csv", "cannot be a path: it contains a character that no path can")
    os.mkfifo(tmp_path / "pipe.csv")
    fails(tmp_path / "pipe.csv", "not a file, but a pipe, a socket or a device")
    fails("/dev/zero", "not a file, but a pipe, a socket or a device")
    with (tmp_path / "large.csv").open("wb") as large:
        large.truncate((16 << 20) + 1)
    fails(tmp_path / "large.csv", "16,777,217 bytes, and 16,777,216 are read at most")


def test_a_file_that_may_not_be_read(file, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    path = file("coin,usd_value\nADA,1\n")
    monkeypatch.setattr(type(path), "read_bytes", refuse)
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
    message = NO_PRICE.replace("NEW", "ADA")
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
        check_any(path, content)
    check_any(path.with_suffix(".json"), text)


def check_any(path, content):
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    found, told = None, ""
    try:
        found = h.read_portfolio(path, PRICES)
    except h.PortfolioFileError as error:
        told = str(error)
    if found is None:
        assert told.startswith(str(path))
        assert told.partition(": ")[2] != ""
    else:
        assert 0 < found.value_usd < math.inf


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["coin", "value", "quantity", "price", "beta", "holdings", "#"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(anything)
def test_whatever_json_holds_it_is_a_book_or_an_error(tmp_path_factory, value):
    check_any(tmp_path_factory.mktemp("any") / "book.json", json.dumps(value))


@pytest.mark.parametrize("kind", [h.Holding, h.Portfolio])
def test_value_objects(kind):
    check_value_object(kind)


# Other names of a coin, and cash.

MORE = {"BTC": 40_000.0, "ETH": 2_000.0, "ADA": 0.5, "LINK": 20.0, "MATIC": 1.0}
WRAPPED = "coin,usd_value\nADA,5000\nWETH,3000\nstETH,4000\nwBTC,2000\nwstETH,1000\n"
WRAPPED += "MATIC,1500\nPOL,1000\n"


def test_a2_rows_that_come_to_one_coin_are_added_up_and_listed(file):
    found = h.read_portfolio(file(WRAPPED), MORE)
    assert pairs(found) == [("ADA", 5000.0), ("ETH", 8000.0), ("BTC", 2000.0), ("MATIC", 2500.0)]
    assert [reading.written for reading in found.coins_read_as] == [
        "WETH", "STETH", "WBTC", "WSTETH", "POL",
    ]  # fmt: skip
    assert found.coins_read_as[0].text == "WETH read as ETH (wrapped)"


def test_a2_aliases_can_be_switched_off(file):
    found = h.read_portfolio(file(WRAPPED + "USDT,9\nZUSD,1\n"), MORE, aliases=False)
    assert found.coins == ("ADA", "WETH", "STETH", "WBTC", "WSTETH", "MATIC", "POL", "USDT", "ZUSD")
    # A ticker of cash is one as it is written, an exchange's symbol for it is not.
    assert [reading.text for reading in found.coins_read_as] == ["USDT is cash"]
    assert found.cash_usd == 9


def test_a2_quantities_are_counted_in_the_coin(file):
    rate = h.read_coin("wstETH").coins
    found = h.read_portfolio(file("coin,quantity\nETH,1\nwstETH,2\nXETH,0.5\n"), MORE)
    (eth,) = found.holdings
    assert eth.quantity == pytest.approx(1.5 + 2 * rate)
    assert eth.value_usd == pytest.approx(2_000 * (1.5 + 2 * rate))
    assert eth.at_market
    # A value that is given is one, whatever the quantity.
    part = h.read_portfolio(file("coin,quantity,usd_value\nETH,,500\nwstETH,2,5000\n"), MORE)
    assert part.holdings == (h.Holding(coin="ETH", value_usd=5500.0),)


def test_a2_the_price_of_a_staked_coin_is_not_that_of_the_coin(file):
    alone = h.read_portfolio(file("coin,quantity,price_usd\nwstETH,2,2420\n"), MORE)
    assert (alone.value_usd, alone.holdings[0].price_usd) == (4840.0, None)
    both = h.read_portfolio(file("coin,quantity,price_usd\nwstETH,2,2420\nETH-USD,1,2001\n"), MORE)
    assert (both.value_usd, both.holdings[0].price_usd) == (6841.0, 2001.0)
    odd = h.read_portfolio(file("coin,quantity,price_usd\nETH,2,2000\nETH-USD,1,2001\n"), MORE)
    assert odd.holdings[0].price_usd is None


def test_a2_the_data_in_use_decide_what_has_prices_of_its_own(file):
    path = file("coin,usd_value\nstETH,4\nPOL,5\n")
    assert h.read_portfolio(path, MORE).coins == ("ETH", "MATIC")
    assert h.read_portfolio(path, MORE, priced={"ETH", "STETH", "POL"}).coins == ("STETH", "POL")
    assert h.read_portfolio(path).coins == ("ETH", "POL")


def test_a2_a_row_with_a_beta_of_its_own_is_taken_as_it_is_written(file):
    text = "coin,usd_value,beta,beta_eth\nWETH,3000,1,\nETH,10,,\nstETH,5,,0.99\nUSDT,7,0.1,\n"
    found = h.read_portfolio(file(text), MORE)
    assert found.coins == ("WETH", "ETH", "STETH", "USDT")
    assert found.coins_read_as == ()
    assert found.cash_usd == 0


def test_a2_the_name_of_a_coin_suggests_its_ticker(file):
    fails(
        file("coin,quantity\nCardano,100\n"),
        NO_PRICE.replace("NEW", "CARDANO (did you mean ADA?)"),
        line=2,
        column="quantity",
    )


def test_a4_cash_is_worth_a_dollar_where_nothing_else_is_said(file):
    text = "coin,quantity,price_usd,usd_value\nUSDT,100,,\nUSDC,50,0.99,\nDAI,,,7\nADA,2,,\n"
    found = h.read_portfolio(file(text), MORE)
    assert pairs(found) == [("USDT", 100.0), ("USDC", 49.5), ("DAI", 7.0), ("ADA", 1.0)]
    assert [holding.is_cash for holding in found] == [True, True, True, False]
    assert not found.holdings[0].at_market
    assert (found.cash_usd, found.only_cash) == (156.5, False)
    only = h.read_portfolio(file("coin,quantity\nUSDT,100\nZUSD,250\nUSD,50\nADA,0\n"), MORE)
    assert pairs(only) == [("USDT", 100.0), ("USD", 300.0)]
    assert only.only_cash


# Betas to one hedge coin.


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "coin,usd_value,beta_btc,beta_eth\nUNI,5,1.15,-0.5\nADA,5,,\n"),
        ("b.csv", "coin,usd_value,Beta to BTC,beta (ETH)\nUNI,5,1.15,-0.5\nADA,5,,\n"),
        ("a.json", '[{"coin":"UNI","usd_value":5,"beta_btc":1.15,"beta_eth":-0.5},'
                   '{"coin":"ADA","usd_value":5,"beta_btc":null}]'),
        ("b.json", '{"UNI": {"usd_value": 5, "beta_btc": 1.15, "beta_eth": -0.5}, "ADA": 5}'),
    ],
)  # fmt: skip
def test_a11_a_beta_can_name_its_hedge_coin(file, name, text):
    uni, ada = h.read_portfolio(file(text, name))
    assert uni.betas_to == (("BTC", 1.15), ("ETH", -0.5))
    assert (uni.beta, uni.beta_to("BTC"), uni.beta_to("ETH"), uni.beta_to("SOL")) == (
        None, 1.15, -0.5, None,
    )  # fmt: skip
    assert uni.has_own_beta
    assert not ada.has_own_beta


def test_a11_a_beta_without_a_coin_is_to_any_other(file):
    (uni,) = h.read_portfolio(file("coin,usd_value,beta,beta_btc\nUNI,5,2,1\n"))
    assert (uni.beta_to("BTC"), uni.beta_to("ETH")) == (1.0, 2.0)
    assert "2, 1 to BTC" in shown(h.Portfolio(holdings=(uni,)))


def test_a11_betas_that_are_wrong(file):
    fails(
        file("coin,usd_value,beta_btc,Beta BTC\nUNI,5,1,1\n"),
        "'beta_btc' and 'Beta BTC' both mean beta_btc; keep one, and rename the other to comment",
        line=1,
    )
    fails(
        file("coin,usd_value,beta_btc\nUNI,5,high\n"), NOT_PLAIN + "'high'", line=2,
        column="beta_btc",
    )  # fmt: skip
    for twice in ((("BTC", 1.0), ("BTC", 2.0)), (("", 1.0),)):
        with refused(f"betas_to must name each coin once, got {twice!r}"):
            h.Holding(coin="UNI", value_usd=1.0, betas_to=twice)
    with refused("beta must be a finite number, got inf"):
        h.Holding(coin="UNI", value_usd=1.0, betas_to=(("BTC", math.inf),))


# Lists of trades.

SUM = "add up what you hold of each coin now, buys less sales, and give one line a coin: "
SUM += "coin,quantity"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        # As a reader would have it who renamed the columns.
        ("a.csv", "coin,quantity,comment\nADA,5,Buy\nLINK,500,SELL\n", "'comment' says 'Buy'"),
        ("b.csv", "coin,type,quantity\nADA,spot,5\nLINK,sold,5\n", "'type' says 'sold'"),
        ("g.csv", "coin,quantity,comment\nADA,5,Kauf\nLINK,5,Verkauf\n", "'comment' says 'Kauf'"),
        ("d.json", '[{"coin":"ADA","amount":5,"note":"sell"}]', "'note' says 'sell'"),
        (
            "c.csv",
            "coin,order id,quantity\nADA,7,5\n",
            "it has the column 'order id', and no column says whether coins came or went",
        ),
        (
            "e.csv",
            "Date,Type,Total\nx,buy,5\n",
            "it has the columns 'Date' and 'Type', and no column says a coin and a quantity",
        ),
    ],
)
def test_b_a_list_of_trades_that_cannot_be_summed(file, name, text, why):
    with pytest.raises(h.PortfolioFileError) as error:
        h.read_portfolio(file(text, name), PRICES)
    assert f"a list of trades, not of holdings: {why}; {SUM}" in str(error.value)


def test_b_trades_under_a_key_of_json(file):
    path = file('{"meta": {}, "Activities": [{"symbol": "ADA", "quantity": 1}]}', "g.json")
    with pytest.raises(h.PortfolioFileError, match="a list of trades") as error:
        h.read_portfolio(path, PRICES)
    assert error.value.place == "$.Activities"


def test_b_what_only_looks_like_a_list_of_trades(file):
    # Coins of such names, a comment that only has the word in it, a day without more.
    text = "coin,usd_value,note\nSELL,1,bought in 2021\nBUY,2,\n"
    assert h.read_portfolio(file(text)).coins == ("SELL", "BUY")
    dated = h.read_portfolio(file("coin,usd_value,date\nADA,1,2023-01-01\n"))
    assert dated.notes == (("ignored", "columns not read: date"),)
    fails(
        file("coin,quantity\nLINK,10\nADA,-5\n"),
        "must be >= 0, got '-5'; a short position is not a holding",
        PRICES,
        line=3,
        column="quantity",
    )
