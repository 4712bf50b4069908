"""Portfolio files as tools export them and as people write them: the right reading by hand."""

from __future__ import annotations

import io
import json
import random
import re
import zipfile

import openpyxl
import pytest

import hedgelib as h
from hedgelib import _sheet
from hedgelib._extras import how_to_install

PRICES = {"ADA": 0.5, "LINK": 20.0, "BTC": 40_000.0, "ETH": 2_000.0, "DOT": 7.0, "SOL": 100.0}


@pytest.fixture
def read(tmp_path):
    def read_one(content, name="book.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return h.read_portfolio(path, PRICES, **options)

    return read_one


def held(book):
    return {holding.coin: holding.value_usd for holding in book}


def kinds(book):
    return {kind for kind, _ in book.notes}


def said(book, kind):
    return "; ".join(text for one, text in book.notes if one == kind)


def workbook(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


# Exports, and holdings in USD that each comes to.

KRAKEN_LEDGER = (
    '"txid","refid","time","type","subtype","aclass","asset","amount","fee","balance"\n'
    '"","R0","2023-01-01 09:00:00","deposit","","currency","ADA",1500.0,0,""\n'
    '"L1","R0","2023-01-01 10:00:00","deposit","","currency","ADA",1500.0,0,1500.0\n'
    '"L2","R1","2023-01-02 10:00:00","trade","","currency","ZUSD",-500.0,1.30,-501.3\n'
    '"L3","R1","2023-01-02 10:00:00","trade","","currency","ADA",1000.0,0,2500.0\n'
    '"L4","R2","2023-01-03 10:00:00","trade","","currency","ADA",-500.0,0,2000.0\n'
    '"L5","R3","2023-01-04 10:00:00","transfer","spottostaking","currency","DOT",-10.0,0,0.0\n'
    '"L6","R3","2023-01-04 10:00:00","transfer","stakingfromspot","currency","DOT.S",10.5,0,10.5\n'
    '"L7","R4","2023-01-05 10:00:00","withdrawal","","currency","ADA",-99.0,1.0,1900.0\n'
)
COINTRACKING = (
    '"Type","Buy","Cur.","Sell","Cur.","Fee","Cur.","Exchange","Group","Comment","Date"\n'
    '"Deposit","3000.00","USDT","","","","","Kraken","","","01.01.2023 10:00"\n'
    '"Trade","0.1","BTC","2000.00","USDT","10.00","USDT","Kraken","","","02.01.2023 10:00"\n'
    '"Trade","500.0","ADA","0.01","BTC","","","Kraken","","","03.01.2023 10:00"\n'
)
EXPORTS = {
    "Kraken, balance": (
        "asset,balance\nADA,10000\nXXBT,0.1\nXETH,2\nETH2.S,1.5\nDOT.S,100\nZUSD,250\nKFEE,0\n",
        {"ADA": 5000, "BTC": 4000, "ETH": 7000, "DOT": 700, "USD": 250},
        {"dust"},
    ),
    "Kraken, ledger": (KRAKEN_LEDGER, {"ADA": 950, "DOT": 3.5}, {"layout", "trades", "ignored"}),
    "Binance, spot": (
        "Coin,Total,Available,In Order,BTC Value\nADA,10000.00000000,9000.0,1000.0,0.14058\n"
        'USDT,"1,250.50",1000,250.5,0.03\nDOGE,0,0,0,0\n',
        {"ADA": 5000, "USDT": 1250.5},
        {"layout", "ignored", "dust"},
    ),
    "Binance, Earn": (
        "Coin,Amount\nADA,5000\nLDADA,5000\nLDBTC,0.1\nBETH,2\n",
        {"ADA": 5000, "BTC": 4000, "ETH": 4000},
        set(),
    ),
    "Binance, transaction history": (
        "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark\n"
        "1,2023-01-01 10:00:00,Spot,Deposit,USDT,1000,\n"
        "1,2023-01-02 10:00:00,Spot,Buy,ADA,1500,\n"
        "1,2023-01-02 10:00:00,Spot,Transaction Related,USDT,-750,\n"
        "1,2023-01-02 10:00:00,Spot,Fee,ADA,-1.5,\n",
        {"USDT": 250, "ADA": 749.25},
        {"layout", "trades", "ignored"},
    ),
    "Bybit": (
        "Coin,Equity,Wallet Balance,USD Value,Unrealized P&L\nADA,1000,1000,510.25,0\n",
        {"ADA": 510.25},
        {"layout", "ignored"},
    ),
    "CoinMarketCap": (
        '"Date (UTC+0:00)","Token","Type","Price (USD)","Amount","Total value (USD)","Fee",'
        '"Fee Currency","Notes"\n'
        '"2023-01-01","ADA","buy","0.3","1,000.5","300.15","1","USD",""\n'
        '"2023-02-01","ADA","sell","0.4","400.5","160.2","--","",""\n'.replace("--", "-"),
        {"ADA": 300},
        {"layout", "trades", "ignored"},
    ),
    "CoinStats": (
        '"Portfolio","Coin Name","Coin Symbol","Exchange","Pair","Type","Amount","Price",'
        '"Price USD","Fee Percent","Fee Amount","Fee Currency","Date","Notes"\n'
        '"Main","Cardano","ADA","Binance","USDT","buy","10000","0.5","0.5","","5","ADA","2023","",\n'
        '"Main","Chainlink","LINK","Binance","USDT","buy","500","7","7","","","","2023",""\n'
        '"Main","Chainlink","LINK","Binance","USDT","sell","-100","9","9","","","","2023",""\n'
        '"Main","Chainlink","LINK","Ledger","","deposit","50","9","9","","","","2023",""\n'.replace(
            '"",\n', '""\n'
        ),
        {"ADA": 4997.5, "LINK": 9000},
        {"layout", "trades", "ignored"},
    ),
    "Delta": (
        "Date,Way,Base amount,Base currency (name),Base type,Quote amount,Quote currency,Exchange,"
        "Sent/Received from,Sent to,Fee amount,Fee currency (name),Broker,Notes\n"
        "2023-01-01T00:00:00Z,BUY,1000,ADA (Cardano),CRYPTO,400,EUR,Kraken,,,,,,\n"
        "2023-01-02T00:00:00Z,WITHDRAW,200,ADA (Cardano),CRYPTO,,,Kraken,,,0.5,ADA (Cardano),,\n",
        {"ADA": 399.75},
        {"layout", "trades", "ignored"},
    ),
    "Koinly, year end": (
        "Balances as at 31/12/2023 23:59\n\nAsset,Quantity,Cost (USD),Value (USD),Description\n"
        "ADA,10000.00000000,100.00,5942.05,@ $0.594 per ADA\n"
        "LINK,500.00000000,3500.00,7473.05,@ $14.95 per LINK\nTotal,,3600.00,13415.10,\n",
        {"ADA": 5942.05, "LINK": 7473.05},
        {"preamble", "ignored", "total"},
    ),
    "Koinly, transactions": (
        "Transaction report 2023\n\nDate,Sent Amount,Sent Currency,Received Amount,"
        "Received Currency,Fee Amount,Fee Currency,Label,TxHash\n"
        "2023-01-01,,,2,ETH,,,,x\n2023-01-02,0.5,ETH,1000,USDT,0.01,ETH,,y\n",
        {"ETH": 2980, "USDT": 1000},
        {"preamble", "layout", "trades", "ignored"},
    ),
    "CoinTracking, balance": (
        '"Coin","Amount","Price in USD","Value in USD","Trend 24h"\n'
        '"ADA","1000.00","0.5942","594.20","+1.2%"\n',
        {"ADA": 594.2},
        {"ignored"},
    ),
    "CoinTracking, trades": (
        COINTRACKING, {"USDT": 990, "BTC": 3600, "ADA": 250}, {"layout", "trades", "ignored"}
    ),
    "rotki": (
        "timestamp,category,asset_identifier,amount,usd_value\n"
        "1703980800,asset,ADA,100,59.42\n"
        "1703980800,asset,eip155:1/erc20:0xdAC17F958D2ee523a2206206994597C13D831ec7,250,249.90\n",
        {"ADA": 59.42, "USDT": 249.9},
        {"layout", "names"},
    ),
    "Zerion": (
        "Date,Time,Transaction Type,Status,Chain,Buy Amount,Buy Currency,Sell Amount,Sell Currency,"
        "Fee Amount,Fee Currency,Tx Hash\n"
        "2023-01-01,10:00,Receive,Confirmed,Ethereum,3,ETH,,,,,0x1\n"
        "2023-01-02,10:00,Trade,Confirmed,Ethereum,100,LINK,1,ETH,0.005,ETH,0x2\n"
        "2023-01-03,10:00,Trade,Failed,Ethereum,100,LINK,1,ETH,0.005,ETH,0x3\n",
        {"ETH": 3990, "LINK": 2000},
        {"layout", "trades", "ignored"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_b_an_export_is_read_as_it_comes(read, name):
    text, right, notes = EXPORTS[name]
    book = read(text)
    assert held(book) == pytest.approx(right)
    assert kinds(book) == notes


def test_b_the_activities_of_ghostfolio(read):
    def one(kind, quantity, symbol, source="COINGECKO"):
        return {"accountId": "a", "fee": 0, "quantity": quantity, "type": kind, "unitPrice": 0.5,
                "currency": "USD", "dataSource": source, "date": "2023",
                "symbol": symbol}  # fmt: skip

    trades = [one("BUY", 10000, "cardano"), one("SELL", 2500, "cardano"),
              one("BUY", 2, "BTC-USD", "YAHOO")]  # fmt: skip
    book = read(json.dumps({"meta": {"version": "2"}, "activities": trades}), "g.json")
    assert held(book) == {"ADA": 3750, "BTC": 80_000}
    assert kinds(book) == {"ignored", "layout", "names", "trades"}
    with pytest.raises(h.PortfolioFileError, match="'DIVIDEND' does not say") as error:
        read(json.dumps({"activities": [*trades, one("DIVIDEND", 1, "cardano")]}), "g.json")
    assert error.value.place == "$.activities[3].type"


def test_b_a_workbook(read):
    rows = [["My coins"], [], ["Coin", "Amount", "Value (USD)", None, "Bought"],
            ["ADA", 10000, 5942.05, None, "2021"], ["LINK", 500.5, "$7,473.05"],
            [None, None, 13415.10]]  # fmt: skip
    book = read(workbook(("Coins", rows), ("Notes", [["nothing here"]])), "plain.xlsx")
    assert [(x.coin, x.quantity, x.value_usd) for x in book] == [
        ("ADA", 10000.0, 5942.05), ("LINK", 500.5, 7473.05),
    ]  # fmt: skip
    assert kinds(book) == {"preamble", "sheet", "ignored", "total"}
    with pytest.raises(h.PortfolioFileError, match="holdings in the sheets 'A' and 'B'; keep one"):
        read(workbook(("A", rows), ("B", rows)), "two.xlsx")
    with pytest.raises(h.PortfolioFileError, match="the file is empty"):
        read(workbook(("A", [])), "none.xlsx")
    wrong = read_error(read, workbook(("A", [["coin", "value"], ["ADA", True], ["LINK", -5]])),
                       "wrong.xlsx")  # fmt: skip
    assert [(f.line, f.column) for f in wrong.faults] == [(2, "value"), (3, "value")]


def read_error(read, content, name="book.csv", **options):
    with pytest.raises(h.PortfolioFileError) as error:
        read(content, name, **options)
    return error.value


def test_the_currency_that_a_workbook_only_shows(read):
    book = openpyxl.Workbook()
    book.active.append(["coin", "value"])
    book.active.append(["ADA", 100.5])
    book.active["B2"].number_format = '#,##0.00\\ "€"'
    file = io.BytesIO()
    book.save(file)
    assert "must be in USD, got EUR" in str(read_error(read, file.getvalue(), "euro.xlsx"))
    assert held(read(file.getvalue(), "euro.xlsx", fx=1.08)) == pytest.approx({"ADA": 108.54})


def test_workbooks_that_are_none_or_too_large(read, monkeypatch):
    assert "not an Excel workbook" in str(read_error(read, b"PK\x03\x04abc", "book.xlsx"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x", "y")
    assert "not readable as a workbook" in str(read_error(read, packed.getvalue(), "book.xlsx"))
    with zipfile.ZipFile(packed := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", b"0" * (_sheet.LARGEST_UNPACKED + 1))
    assert len(packed.getvalue()) < 100_000
    assert "bytes unpacked" in str(read_error(read, packed.getvalue(), "bomb.xlsx"))
    monkeypatch.setattr(_sheet, "MOST_ROWS", 5)
    rows = [["coin", "value"], *(["ADA", 1] for _ in range(9))]
    assert "has over 5 rows" in str(read_error(read, workbook(("A", rows)), "long.xlsx"))


def test_a_workbook_without_its_extra(read, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(
        h.HedgeError, match=f"needs openpyxl.*{re.escape(how_to_install('openpyxl'))}"
    ):
        read(workbook_bytes, "book.xlsx")


workbook_bytes = workbook(("A", [["coin", "value"], ["ADA", 1]]))

# As people write them: all of these are ADA 6000 and LINK 4000.

TWO = {"ADA": 6000.0, "LINK": 4000.0}
VARIANTS = {
    "extra columns": "Rank,Coin,Value,24h %,Tags\n1,ADA,6000,-1.2,pos\n2,LINK,4000,3,x\n",
    "rank called #": "#,Coin,Value\n1,ADA,6000\n2,LINK,4000\n",
    "an index without a name": ",Coin,Value\n0,ADA,6000\n1,LINK,4000\n",
    "commas at the end": "Coin,Value,,\nADA,6000,,\nLINK,4000,,\n",
    "preamble": "My portfolio\nExported 1.1.2024\nCoin,Value\nADA,6000\nLINK,4000\n",
    "preamble with commas": "Report,as of,2024\n\nCoin,Value\nADA,6000\nLINK,4000\n",
    "preamble before tabs": "My book, exported\nCoin\tValue\nADA\t6000\nLINK\t4000\n",
    "preamble before semicolons": "a, b, c\nCoin;Value\nADA;6000\nLINK;4000\n",
    "total": "Coin,Value\nADA,6000\nLINK,4000\nTotal,10000\n",
    "Summe": "Coin;Wert\nADA;6000\nLINK;4000\nSumme;10000\n",
    "total without a name": "Coin,Value\nADA,6000\nLINK,4000\n,10000\n",
    "total in words": "Coin,Value\nADA,6000\nLINK,4000\nGrand Total:,\"$10,000.00\"\n",
    "subtotals": "Coin,Value\nADA,6000\nSubtotal,6000\nLINK,4000\nSubtotal,4000\nTotal,10000\n",
    "total that is not read": "Coin,Amount,Value\nADA,1,6000\nLINK,1,4000\nTotal,n/a,10 T\n",
    "several exchanges": "Exchange,Coin,Value\nA,ADA,1000\nB,LINK,4000\nC,ada,5000\n",
    "three times": "Coin,Value\nADA,1000\nADA,2000\nLINK,4000\nADA,3000\n",
    "dust": "Coin,Value\nADA,6000\nLINK,4000\nXRP,0.004\nDOGE,0\n",
    "dust below nothing": "Coin,Value\nADA,6000\nLINK,4000\nXRP,-0.000001\n",
    "dust of coins": "Coin,Amount\nADA,12000\nLINK,200\nSOL,-0.00001\nETH,0.000001\n",
    "nothing of a coin without a price": "Coin,Amount\nADA,12000\nLINK,200\nNEW,0\n",
    "German": "Kürzel;Menge;Kurs;Wert\nADA;12000;0,5;6.000,00\nLINK;200;20;4.000,00\n",
    "German, Währung": "Währung;Bestand\nADA;12.000,0\nLINK;200,0\n",
    "German, Anzahl": "Coin;Anzahl;Bemerkung\nADA;12.000,5;x\nADA;-0;\nLINK;200,0;\n".replace(
        "12.000,5", "12.000,0"),
    "the column shows its comma": 'Coin,Value\nADA,"6,000"\nLINK,"4,000.00"\n',
    "the column shows a decimal comma": "Coin;Amount;Value\nADA;1;6.000\nLINK;1;4.000,00\n",
    "a decimal comma between commas": 'Coin,Value\nADA,"6000,00"\nLINK,"4000,0"\n',
    "blanks in thousands": "Coin,Value\nADA,6 000\nLINK,4\u202f000\n",
    "Swiss": "Coin;Value\nADA;6'000.00\nLINK;4’000.00\n",
    "dollars first": "Coin,Value,Value (USD)\nADA,1,6000\nLINK,2,4000\n",
    "dollars before euros": "Coin,Value (EUR),Value (USD)\nADA,1,6000\nLINK,2,4000\n",
    "name and symbol": "Name,Symbol,Value\nCardano,ADA,6000\nChainlink,LINK,4000\n",
    "currency of the coins": "Currency,Balance\nADA,12000\nLINK,200\n",
    "currency of the values": "Coin,Value,Currency\nADA,6000,USD\nLINK,4000,usd\n",
    "unit in the cell": "Coin,Amount\nADA,12000 ADA\nLINK,200LINK\n",
    "no value": "Coin,Amount,Value\nADA,12000,-\nLINK,200,n/a\n",
    "markets": "Symbol,Value\nADA-USD,6000\nLINKUSDT,4000\n",
    "USD behind": "Symbol,Value\nADA,6000.00 USD\nLINK,$4000\n",
    "equity": "Coin,Equity,Note\nADA,12000,\nLINK,200,\n",
    "types that are no trades": "Coin,Type,Amount\nADA,spot,12000\nLINK,earn,200\n",
    "a day": "Coin,Amount,Date\nADA,12000,2024-01-01\nLINK,200,2024-01-01\n",
    "sides": "coin;side;amount\nADA;BUY;15000\nADA;SELL;3000\nLINK;BUY;200\n",
    "Kauf und Verkauf": "Datum;Typ;Coin;Menge;Gebühr\n1;Kauf;ADA;15000;1\n2;Verkauf;ADA;3000;1\n"
    "3;Einzahlung;LINK;200;\n",
    "sold": "Date,Way,Coin,Amount\n1,buy,ADA,12000\n2,buy,LINK,200\n3,buy,SOL,5\n4,sell,SOL,5\n",
    "pairs": "Date,Pair,Side,Amount\n1,ADA/USDT,buy,12000\n2,LINKUSDT,BUY,200\n",
    "orders": "Date,Coin,Side,Filled,Status\n1,ADA,buy,12000,Filled\n2,LINK,buy,200,done\n"
    "3,ADA,buy,77,Canceled\n",
    "no fee coin": "Date,Type,Coin,Amount,Fee\n1,buy,ADA,12000,7\n2,deposit,LINK,200,0\n",
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_b_variants(read, name, encoding):
    try:
        content = VARIANTS[name].encode(encoding)
    except UnicodeEncodeError:
        content = VARIANTS[name].replace("\u202f", "\xa0").encode(encoding)
    assert held(read(content, "book.txt")) == TWO


def test_variants_of_json(read):
    for value in (
        {"as of": "2024", "holdings": [{"id": 1, "coin": "ADA", "value": 6000, "tags": ["a"]},
                                       {"symbol": "LINK", "value": 4000, "more": {}}]},
        [{"coin": "ADA", "value": 1000}, {"coin": "LINK", "value": 4000},
         {"coin": "ADA", "value": 5000}, {"coin": "Total", "value": 10000}],
        {"ADA": 6000, "LINK": {"value": 4000, "wallet": "x"}, "DOGE": 0},
        {"trades": [{"side": "buy", "coin": "ADA", "quantity": "12000"},
                    {"side": "buy", "coin": "LINK", "quantity": 200}]},
    ):  # fmt: skip
        assert held(read(json.dumps(value), "book.json")) == TWO
        assert held(read(json.dumps(value).encode("utf-16"), "book.json")) == TWO


def test_b_everything_understood_is_said(read):
    book = read(VARIANTS["preamble"].encode("utf-16"))
    assert book.notes == (
        ("encoding", "text in UTF-16, not UTF-8"),
        ("preamble",
         "2 lines above the header not read: 'My portfolio' and 'Exported 1.1.2024'"),
    )  # fmt: skip
    assert said(read(VARIANTS["three times"]), "duplicates") == (
        "ADA added up from 3 lines: line 2, line 3, line 5"
    )
    assert said(read(VARIANTS["the column shows its comma"]), "numbers") == (
        "in 'Value' the decimal sign is the point, as its other cells show: 6,000"
    )
    assert said(read(VARIANTS["orders"]), "trades") == (
        "a list of trades, 2 of them added up by their signs: coins that came less coins that "
        "went; left out 1 line of what has not come about"
    )
    odd = "Coin,Value\nADA,6000\nLINK,4000\nTotal,13000\n"
    assert said(read(odd), "total") == (
        "a total not read: 'Total' in line 4; it says 13,000, what is above it comes to 10,000"
    )
    assert "nothing is left of SOL" in said(read(VARIANTS["sold"]), "trades")
    assert "fees left out" in said(read(VARIANTS["no fee coin"]), "trades")


def test_a_coin_that_is_called_like_a_total(read):
    # Where the data have such a coin, only a line that sums is a total.
    text = "coin,value\nADA,5\nLINK,7\nSUM,{}\n"
    assert held(read(text.format(9), priced={"ADA", "SUM"})) == {"ADA": 5, "LINK": 7, "SUM": 9}
    assert held(read(text.format(12), priced={"ADA", "SUM"})) == {"ADA": 5, "LINK": 7}


def test_b_other_currencies(read):
    text = "Coin;Menge;Kurs (€);Wert (€)\nADA;10;0,50;5,00\nLINK;2;10,00;20,00\n"
    book = read(text, fx=1.08)
    assert held(book) == pytest.approx({"ADA": 5.4, "LINK": 21.6})
    assert book.holdings[0].price_usd == pytest.approx(0.54)
    assert said(book, "currency") == "values in EUR converted at 1.08 USD for 1 EUR"
    error = read_error(read, text)
    assert str(error).endswith(
        "line 2, column 'Kurs (€)': must be in USD, got EUR; convert it, or give the USD for 1 EUR "
        "with --fx (fx)"
    )
    assert held(read("Coin,Value,Currency\nADA,5,EUR\nLINK,20,USD\n", fx=2)) == {
        "ADA": 10, "LINK": 20,
    }  # fmt: skip
    cash = read("asset,balance\nADA,10\nZEUR,100\nEUR.HOLD,5\n", fx=1.1)
    assert (held(cash), cash.cash_usd) == (pytest.approx({"ADA": 5, "EUR": 115.5}),) * 1 + (
        pytest.approx(115.5),
    )
    assert "got EUR" in str(read_error(read, "asset,balance\nADA,10\nZEUR,100\n"))
    both = read_error(read, "coin,value\nADA,€5\nLINK,£5\n", fx=1.1)
    assert "in EUR and in GBP, and fx is the rate of one currency" in str(both)
    for wrong in (0, -1, float("nan")):
        with pytest.raises(h.InvalidInput, match="fx must be > 0"):
            read(text, fx=wrong)


def test_b_all_faults_of_a_file_are_told_at_once(read):
    text = "coin,value\nADA,x\nLINK,1\nSOL,-5\nBTC\nDOT,\n"
    error = read_error(read, text)
    assert [(f.line, f.column) for f in error.faults] == [
        (2, "value"), (4, "value"), (5, None), (6, "value"),
    ]  # fmt: skip
    assert str(error).partition(": ")[2] == (
        "4 places are wrong: (1) line 2, column 'value': must be a plain number such as 1250.50, "
        "got 'x'; (2) line 4, column 'value': must be >= 0, got '-5'; a short position is not a "
        "holding; (3) line 5: 1 values where the header has 2 columns; write numbers without "
        "thousands separators; (4) line 6, column 'value': DOT has no value"
    )
    many = read_error(read, "coin,value\n" + "ADA,x\n" * 25)
    assert len(many.faults) == 25
    assert str(many).endswith("; and 15 more")
    keys = read_error(read, '{"ADA": "x", "LINK": [], "SOL": 1}', "book.json")
    assert [f.place for f in keys.faults] == ["$.LINK", "$.ADA"]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("Date,Type,Coin,Amount\n1,transfer,ADA,5\n", 2, "Type", "does not say whether coins"),
        ("coin,side,amount\nADA,buy,5\nADA,sell,7\n", 3, "amount", "2 ADA more went than came"),
        ("coin,side,amount\nADA,buy,-5\n", 2, "amount", "a buy of -5"),
        ("coin,side,amount\nADA,buy,\n", 2, "amount", "no quantity"),
        ("coin,side,amount\n,buy,5\n", 2, "coin", "no coin"),
        ("Pair,side,amount\nADABTC,buy,5\n", 2, "Pair", "paid in 'ADABTC'"),
        ("coin,quote,side,amount\nADA,BTC,buy,5\n", 2, "quote", "paid in 'BTC'"),
        ("coin,side,amount,status\nADA,buy,5,maybe\n", 2, "status", "whether it has come about"),
        ("coin,side,amount,fee,fee coin\nADA,buy,5,-1,ADA\n", 2, "fee", "must be >= 0"),
        ("coin,side,amount\nADA,buy,5\nADA,sell,5\n", None, None, "nothing is held"),
        (
            "timestamp,category,asset_identifier,amount,usd_value\n1,liability,ADA,1,1\n",
            2, "category", "a debt is not a holding",
        ),
        (
            "date,coin,amount\n2024-01-01,ADA,5\n2024-01-02,ADA,6\n",
            3, "coin", "ADA is in line 2 too, with another day",
        ),
        ("coin,value,beta\nADA,5,1\nADA,5,2\n", 3, "coin", "another beta than in line 2"),
        ("coin,value,currency\nADA,5,apples\n", 2, "currency", "must be USD or a code"),
        ("coin,value\nADA,5\nsome,\"7,473\"\n", 3, "value", "can be read as 7473 or as 7.473"),
        ('coin,value\nADA,"7,473"\nLINK,"1,5"\nSOL,1.5\n', 2, "value", "can be read as"),
        ("a,b\nc,d\n", 1, None, "no column 'coin'"),
        ("coin,quantity\nADA,5 LINK\n", 2, "quantity", "must be a plain number"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_names_its_place(read, text, line, column, message):
    error = read_error(read, text)
    assert message in str(error)
    assert (error.line, error.column) == (line, column)


# A thousand files: whoever writes one knows what is held.

STYLES = {
    "plain": lambda x: f"{x:.2f}",
    "US": lambda x: f"{x:,.2f}",
    "German": lambda x: f"{x:,.2f}".translate({44: ".", 46: ","}),
    "Swiss": lambda x: f"{x:,.2f}".replace(",", "'"),
    "French": lambda x: f"{x:,.2f}".translate({44: "\xa0", 46: ","}),
    "short": lambda x: f"{x:g}" if x < 1e5 else f"{x:.2f}",
    "whole": lambda x: f"{round(x):,}",
}
COINS = ["ADA", "LINK", "BTC", "ETH", "DOT", "SOL", "NEW", "Kas", "0x1", "ü"]
BREAKS = [
    "none", "none", "none", "letters", "sign", "euros", "short row", "long row", "no coin",
    "no value", "header again", "twice", "no mark", "other style", "note", "quote", "blank line",
]  # fmt: skip


def one_file(draw):
    """Write a file; return it, the right values and quantities, and whether it must be read."""
    coins = draw.sample(COINS, draw.randint(1, 6))
    style = draw.choice(list(STYLES))
    delimiter = draw.choice([",", ";", "\t"])
    encoding = draw.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    with_quantity, extra = draw.random() < 0.5, draw.random() < 0.5
    named = ["Value", "Value (USD)", "Wert", "usd_value", "Market value"]
    names = [draw.choice(["Coin", "Symbol", "Asset", "Ticker"]), draw.choice(named)]
    names += [draw.choice(["Amount", "Menge", "Quantity", "Holdings"])] if with_quantity else []
    names += [draw.choice(["Exchange", "24h %", "BTC Value", "Cost basis"])] if extra else []
    rows, values, quantities = [], {}, {}
    for coin in coins:
        for _ in range(draw.choice([1, 1, 1, 2])):
            shown, amount = (draw.choice([1, 30, 4000, 10**6]) * draw.uniform(0.2, 2)
                             for _ in range(2))  # fmt: skip
            digits = 0 if style == "whole" else 2
            shown, amount = round(shown, digits) + 1, round(amount, digits) + 1
            if style == "short":
                shown, amount = float(f"{shown:g}"), float(f"{amount:g}")
            values[coin.upper()] = values.get(coin.upper(), 0) + shown
            quantities[coin.upper()] = quantities.get(coin.upper(), 0) + amount
            rows.append([coin, STYLES[style](shown)] + [STYLES[style](amount)] * with_quantity
                        + [draw.choice(["x", "-1.2", "0.14058"])] * extra)  # fmt: skip
    order = draw.sample(range(len(names)), len(names))
    broken = draw.choice(BREAKS)
    at = draw.randrange(len(rows))
    header = list(names)
    must = broken in ("none", "blank line", "note", "twice") and style in ("plain", "US", "Swiss",
                                                                          "French")  # fmt: skip
    if broken == "letters":
        rows[at][1] = "abc"
    elif broken == "sign":
        rows[at][1] = "-" + rows[at][1]
    elif broken == "euros":
        rows[at][1] += " €" if encoding != "cp1252" else " EUR"
    elif broken == "no coin":
        rows[at][0] = ""
    elif broken == "no value":
        rows[at][1] = ""
        if with_quantity:
            rows[at][2] = "n/a"
    elif broken == "other style":
        # The same number as somebody else would type it.
        other = draw.choice(["German", "US", "whole"])
        number = draw.randint(1000, 999_999)
        rows[at][1] = STYLES[other](number)
        others = sum(float(text) for text in again(rows, at, style))
        values[rows[at][0].upper()] = number + others
    lines = [header, *rows]
    if draw.random() < 0.3:
        total = sum(values.values())
        lines.append([draw.choice(["Total", "Summe", "Sum:"]), STYLES[style](total)]
                     + [""] * (len(names) - 2))  # fmt: skip
    if broken == "header again":
        lines.insert(at + 2, header)
    elif broken == "twice":
        lines.append(["XRP", "0.00"] + [""] * (len(names) - 2))
    lines = [[line[i] for i in order] for line in lines]
    if broken == "short row":
        lines[at + 1].pop()
    elif broken == "long row":
        lines[at + 1].append("7")

    def cell(text):
        return f'"{text}"' if delimiter in text or draw.random() < 0.1 else text

    texts = [delimiter.join(map(cell, line)) for line in lines]
    if broken == "quote":
        texts[at + 1] = '"' + texts[at + 1]
    elif broken == "blank line":
        texts.insert(at + 1, "")
    elif broken == "note":
        texts.insert(0, "Exported by a tool")
    content = draw.choice(["\n", "\r\n"]).join(texts)
    if broken == "no mark":
        return content.encode("utf-16-le"), values, None, False, broken
    try:
        data = content.encode(encoding)
    except UnicodeEncodeError:
        data = content.encode()
    return data, values, quantities if with_quantity else None, must, broken


def again(rows, at, style):
    """Yield the numbers of the other rows of a coin, as they were written."""
    for i, row in enumerate(rows):
        if i != at and row[0] == rows[at][0]:
            text = row[1].replace("'", "").replace("\xa0", "")
            if style in ("US", "whole"):
                text = text.replace(",", "")
            elif style in ("German", "French"):
                text = text.replace(".", "").replace(",", ".")
            yield text


def read_or_faults(path):
    try:
        return h.read_portfolio(path), ()
    except h.PortfolioFileError as error:
        return None, error.faults or (error,)


def test_a_thousand_files_are_read_right_or_refused_at_their_place(tmp_path):
    draw, path = random.Random(20261129), tmp_path / "book.csv"
    right = refused = 0
    for number in range(1000):
        content, values, quantities, must, broken = one_file(draw)
        path.write_bytes(content)
        book, faults = read_or_faults(path)
        if book is None:
            refused += 1
            assert not must, (number, broken, content, faults)
            told = [fault.line is not None or broken == "no mark" for fault in faults]
            assert all(told), (number, broken, content, faults)
            continue
        right += 1
        assert held(book) == pytest.approx(values, rel=1e-12), (number, broken, content)
        if quantities:
            got = {x.coin: x.quantity for x in book}
            assert got == pytest.approx(quantities, rel=1e-12), (number, broken, content)
    assert right > 350
    assert refused > 350


def test_b_lists_of_trades_are_summed_right_or_refused(tmp_path):
    draw, path = random.Random(7), tmp_path / "trades.csv"
    read = 0
    for _ in range(200):
        left: dict[str, float] = {}
        lines = []
        for day in range(draw.randint(2, 12)):
            coin = draw.choice(["ADA", "LINK", "SOL"])
            came = draw.random() < 0.6
            amount = draw.randint(1, 100) / 4
            left[coin] = left.get(coin, 0) + (amount if came else -amount)
            kind = draw.choice(["buy", "Deposit", "RECEIVED"] if came else ["SELL", "withdrawal"])
            lines.append(f"2023-01-{day + 1:02},{kind},{coin},{amount},0.5,n")
        path.write_text("Date,Type,Coin,Amount,Price,Memo\n" + "\n".join(lines))
        right = {c: q for c, q in left.items() if q}
        if not right or min(right.values()) < 0:
            with pytest.raises(h.PortfolioFileError, match=r"went than came|nothing is held"):
                h.read_portfolio(path, PRICES)
            continue
        read += 1
        book = h.read_portfolio(path, PRICES)
        assert {x.coin: x.quantity for x in book} == right
        assert all(x.at_market and x.value_usd == x.quantity * PRICES[x.coin] for x in book)
    assert read > 50
