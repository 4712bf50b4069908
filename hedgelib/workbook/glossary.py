"""The words of the field: one for each thing, as the code uses it, with those that others use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hedgelib.errors import InvalidInput
from hedgelib.workbook.contents import LESSONS, lesson_link
from hedgelib.workbook.prose import say
from hedgelib.workbook.search import occurs

__all__ = [
    "FIELDS",
    "NOTATION",
    "TERMS",
    "Symbol",
    "Term",
    "say_notation",
    "say_terms",
    "terms",
]

FIELDS: dict[str, str] = {
    "contracts": "Contracts and prices",
    "margin": "Margin and liquidation",
    "carry": "Basis and funding",
    "beta": "Beta and how well a hedge works",
    "plan": "The hedge as a whole",
}
"""The fields, in the order of the lessons."""

_LESSONS = {stem.partition("_")[0] for stem in LESSONS}


def _filled(what: str, lesson: str, **texts: str) -> None:
    for name, text in texts.items():
        if not text.strip() or "|" in text:
            raise InvalidInput(f"{what}: {name} must be words without |, got {text!r}")
    if lesson not in _LESSONS:
        raise InvalidInput(f"{what}: no lesson has the number {lesson!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A letter of the formulas, and its name in the code.

    Parameters
    ----------
    symbol : str
        LaTeX, without the dollars.
    code : str
        Name in the code.
    meaning, unit : str
    lesson : str
        Where it is first used.

    Raises
    ------
    InvalidInput
        An empty text, or an unknown lesson.
    """

    symbol: str
    code: str
    meaning: str
    unit: str
    lesson: str

    def __post_init__(self) -> None:
        _filled(
            self.symbol, self.lesson, symbol=self.symbol, code=self.code, meaning=self.meaning,
            unit=self.unit,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word that traders use, and what it means.

    Parameters
    ----------
    word : str
        The one that the workbook uses.
    textbook : str
        What textbooks, or other traders, say; ``"the same"`` where they agree, ``"-"`` where they
        have no word for it.
    code : str
        Name in `hedgelib`, of a function, a class or an argument; ``"-"`` for none.
    unit : str
        ``"-"`` for none.
    meaning : str
        In a sentence or two.
    field : str
        A key of :data:`FIELDS`.
    lesson : str
        Where it is taught, such as ``"04"``.

    Raises
    ------
    InvalidInput
        An empty text, an unknown field or lesson.
    """

    word: str
    textbook: str
    code: str
    unit: str
    meaning: str
    field: str
    lesson: str

    def __post_init__(self) -> None:
        _filled(
            self.word, self.lesson, word=self.word, textbook=self.textbook, code=self.code,
            unit=self.unit, meaning=self.meaning,
        )  # fmt: skip
        if self.field not in FIELDS:
            raise InvalidInput(
                f"{self.word}: field must be one of {', '.join(FIELDS)}, got {self.field!r}"
            )

    @property
    def row(self) -> tuple[str, str, str, str, str, str]:
        """Word, textbook's word, code, unit, meaning and lesson, as a table has them."""
        return self.word, self.textbook, self.code, self.unit, self.meaning, self.lesson


def terms(field: str | None = None, words: str = "") -> tuple[Term, ...]:
    """Choose terms.

    Parameters
    ----------
    field : str, optional
        A key of :data:`FIELDS`; all when omitted.
    words : str
        Every one of them, or another form of it, must be somewhere in the term, in any case.

    Returns
    -------
    tuple of Term

    Raises
    ------
    InvalidInput
        An unknown field.

    Notes
    -----
    **Source:** :data:`TERMS`.

    Examples
    --------
    >>> [term.word for term in terms("carry", "longs pay")]
    ['funding', 'funding rate']
    """
    if field is not None and field not in FIELDS:
        raise InvalidInput(f"field must be one of {', '.join(FIELDS)}, got {field!r}")
    return tuple(
        term
        for term in TERMS
        if field in (None, term.field) and occurs(words, " ".join(term.row[:5]))
    )


def _code(name: str) -> str:
    return "" if name == "-" else ", ".join(f"`{part}`" for part in name.split(", "))


def say_terms(field: str) -> None:
    """Show the terms of a field, with links to the lessons.

    Parameters
    ----------
    field : str
        A key of :data:`FIELDS`.

    Raises
    ------
    InvalidInput
        An unknown field.

    Notes
    -----
    **Source:** :data:`TERMS`; a Markdown table.

    Examples
    --------
    >>> say_terms("beta")
    | Term | Textbook's word | In the code | Unit | Meaning | Lesson |
    ...
    """
    lines = [
        "| Term | Textbook's word | In the code | Unit | Meaning | Lesson |",
        "|:--|:--|:--|:--|:--|:--|",
    ]
    for term in terms(field):
        unit = "" if term.unit == "-" else term.unit
        lines.append(
            f"| **{term.word}** | {term.textbook} | {_code(term.code)} | {unit} | {term.meaning} "
            f"| {lesson_link(term.lesson)} |"
        )
    say("\n".join(lines))


def say_notation() -> None:
    """Show the letters of the formulas beside their names in the code.

    Notes
    -----
    **Source:** :data:`NOTATION`; a Markdown table.

    Examples
    --------
    >>> say_notation()
    | Symbol | In the code | Meaning | Unit | Lesson |
    ...
    """
    lines = ["| Symbol | In the code | Meaning | Unit | Lesson |", "|:--|:--|:--|:--|:--|"]
    lines += [
        f"| ${one.symbol}$ | {_code(one.code)} | {one.meaning} | {one.unit} "
        f"| {lesson_link(one.lesson)} |"
        for one in NOTATION
    ]
    say("\n".join(lines))


_Line = tuple[str, str, str, str, str, str]

NOTATION: tuple[Symbol, ...] = tuple(
    Symbol(symbol=symbol, code=code, meaning=meaning, unit=unit, lesson=lesson)
    for symbol, code, meaning, unit, lesson in (
        ("E", "entry_usd", "price at which a position was opened", "USD per coin", "02"),
        ("X", "exit_usd", "price at which it is closed", "USD per coin", "02"),
        ("P", "price_usd, mark_usd", "price now; the mark", "USD per coin", "02"),
        ("S", "spot_usd", "spot price, or the index made of several", "USD per coin", "05"),
        ("F", "futures_usd", "price of the future", "USD per coin", "05"),
        ("n", "contracts", "number of contracts; above 0 long, below 0 short", "contracts", "02"),
        ("N", "notional_usd", "size of a position, contracts times face", "USD", "02"),
        ("Q", "contracts", "size of a linear position, in coins", "coins", "02"),
        ("C", "collateral_coin", "coins posted as margin", "coins", "04"),
        ("W", "wallet_coin", "coins in the futures wallet", "coins", "04"),
        ("V", "book_usd", "worth of the altcoins", "USD", "03"),
        (r"V_\text{margin}", "collateral_usd", "worth of the margin", "USD", "04"),
        ("L", "leverage", "size over margin", "a number", "04"),
        ("m", "maintenance_rate", "maintenance margin over size", "decimal", "04"),
        (r"\varphi", "fee_rate", "fee over size, each time", "decimal", "02"),
        ("r", "move", "return of the hedge coin", "decimal", "01"),
        ("f", "funding_rate", "funding of one interval over size", "decimal", "05"),
        ("b", "basis", "future over spot, less 1", "decimal", "05"),
        (r"\beta", "beta", "return of the book for each 1 of the coin's", "a number", "06"),
        (r"\beta^*", "target_beta", "beta that is wanted after the hedge", "a number", "06"),
        (r"\alpha", "alpha", "return of the book where the coin's is 0", "decimal a day", "06"),
        (r"\varepsilon", "residual", "return that the coin does not explain", "decimal", "06"),
        (r"\rho", "correlation", "correlation of two returns", "-1 to 1", "06"),
        ("R^2", "r2", "share of the variance that is explained", "0 to 1", "06"),
        (r"\sigma", "daily_vol", "standard deviation of daily returns", "decimal", "06"),
        ("h", "h", "USD short for each USD of the book", "a number", "06"),
        ("q", "ratio_to_optimal", "size of a hedge over the best size", "a number", "06"),
        (
            "HE",
            "hedge_effectiveness",
            "share of the variance that a hedge removes",
            "decimal",
            "03",
        ),
    )
)
"""The letters of the formulas."""


def _of(field: str, lines: Iterable[_Line]) -> list[Term]:
    return [
        Term(
            word=word,
            textbook=textbook,
            code=code,
            unit=unit,
            meaning=meaning,
            field=field,
            lesson=lesson,
        )
        for word, textbook, code, unit, meaning, lesson in lines
    ]


TERMS: tuple[Term, ...] = (
    *_of(
        "contracts",
        [
            (
                "spot",
                "cash market",
                "spot_usd",
                "USD per coin",
                "Buying for immediate delivery; also the price of it.",
                "01",
            ),
            (
                "altcoin",
                "alt",
                "-",
                "-",
                "Any coin beside Bitcoin. Here mostly a coin that is held and hedged.",
                "01",
            ),
            (
                "stablecoin",
                "stable",
                "-",
                "-",
                "A coin that is meant to be worth one dollar, such as USDT or USDC.",
                "01",
            ),
            (
                "future",
                "forward, derivative",
                "ContractTerms",
                "-",
                "An agreement on a price. Nothing is handed over; the difference is settled.",
                "01",
            ),
            (
                "settled in cash",
                "cash settlement",
                "settle",
                "-",
                "The difference is paid, and what the contract is on is not handed over. "
                "Inverse contracts pay it in the coin.",
                "01",
            ),
            (
                "expiry",
                "maturity, delivery date",
                "expiry",
                "date",
                "The last day of a dated future, on which it is settled against the index.",
                "01",
            ),
            (
                "perpetual",
                "perp, perpetual future, swap",
                "ContractTerms",
                "-",
                "A future without an expiry. Funding keeps its price near spot.",
                "01",
            ),
            (
                "inverse",
                "reciprocal contract",
                "inverse_pnl_coin",
                "coins",
                "Face in dollars, margin and profit in the coin. Not a fund that rises when "
                "prices fall.",
                "02",
            ),
            (
                "linear",
                "vanilla future, USDT-margined, USD-M",
                "linear_pnl_usd",
                "USD",
                "Face in coins, margin and profit in dollars or a stablecoin.",
                "01",
            ),
            (
                "quanto",
                "quantity-adjusted contract",
                "UnsupportedContract",
                "-",
                "Margin in a third currency, at a fixed rate. Looks like inverse, pays otherwise; "
                "hedgelib refuses it.",
                "02",
            ),
            (
                "coin-margined",
                "COIN-M",
                "settle",
                "-",
                "Margin and profit in a coin: every inverse contract, and quantos too.",
                "02",
            ),
            (
                "face",
                "multiplier, contract size",
                "multiplier",
                "USD or coins",
                "What one contract is: a number of dollars if inverse, of coins if linear.",
                "02",
            ),
            (
                "notional",
                "size, position value",
                "inverse_notional_coin",
                "coins",
                "Contracts times face. In dollars it is fixed for an inverse position, in coins "
                "for a linear one.",
                "02",
            ),
            (
                "long",
                "bought",
                "contracts",
                "contracts",
                "Gains when the price rises; contracts above 0.",
                "01",
            ),
            (
                "short",
                "sold, written",
                "contracts",
                "contracts",
                "Gains when the price falls; contracts below 0.",
                "01",
            ),
            (
                "PnL",
                "P&L, profit and loss, payoff",
                "inverse_pnl_usd",
                "USD",
                "What a position has gained or lost; realised once closed.",
                "02",
            ),
            (
                "fill",
                "trade, execution",
                "run_ledger",
                "-",
                "One purchase or sale out of which a position is built.",
                "02",
            ),
            (
                "average entry",
                "entry price, cost basis",
                "inverse_average_entry",
                "USD per coin",
                "The one price that stands for several fills. Harmonic for inverse contracts, "
                "arithmetic for linear ones.",
                "02",
            ),
            (
                "taker, maker",
                "liquidity demander, supplier",
                "taker_fee, maker_fee",
                "decimal",
                "Who takes an offer that is there, or makes one; each has a fee rate of its own.",
                "02",
            ),
            (
                "break-even",
                "-",
                "inverse_break_even_price",
                "USD per coin",
                "Price at which a position has earned its fees.",
                "02",
            ),
            (
                "index",
                "index price, reference price",
                "spot_usd",
                "USD per coin",
                "Average of the spot prices of several exchanges.",
                "05",
            ),
            (
                "bid, ask",
                "bid, offer; the spread lies between",
                "impact_bid_usd, impact_ask_usd",
                "USD per coin",
                "What an order to sell fetches now, and what an order to buy costs.",
                "05",
            ),
            (
                "mark",
                "mark price, fair price, settlement price",
                "mark_usd",
                "USD per coin",
                "Price at which the exchange values a position; not the last trade.",
                "04",
            ),
            (
                "open interest",
                "OI",
                "-",
                "contracts or USD",
                "All contracts that are open, each counted once: a long and its short are one. It "
                "says how large a market is, not which way it leans.",
                "03",
            ),
            (
                "slippage",
                "market impact",
                "slippage",
                "decimal",
                "What is lost because the order is larger than the best offer.",
                "05",
            ),
            (
                "put",
                "put option, protective put",
                "-",
                "-",
                "The right to sell at a set price, for a premium: an insurance. A short is none.",
                "01",
            ),
        ],
    ),
    *_of(
        "margin",
        [
            (
                "margin",
                "collateral, performance bond",
                "collateral_coin",
                "coins",
                "What is posted so that the other side will be paid.",
                "04",
            ),
            (
                "initial margin",
                "the same",
                "inverse_initial_margin_coin",
                "coins",
                "Margin needed to open: size over leverage.",
                "04",
            ),
            (
                "maintenance margin",
                "the same",
                "inverse_maintenance_margin_coin",
                "coins",
                "Least equity with which the position is left open.",
                "04",
            ),
            (
                "margin tiers",
                "risk limits, leverage brackets",
                "MarginTiers",
                "coins",
                "Larger positions have higher maintenance rates, in steps.",
                "04",
            ),
            (
                "leverage",
                "gearing",
                "leverage",
                "a number",
                "Size over margin. It does not set the size of a hedge.",
                "04",
            ),
            (
                "equity",
                "margin balance, account value",
                "coin_account",
                "coins",
                "Margin plus profit or loss so far.",
                "04",
            ),
            (
                "spot wallet, futures wallet",
                "cash account, margin account",
                "wallet_coin",
                "coins",
                "Where coins lie, and where margin lies. The exchange looks at the second only.",
                "04",
            ),
            (
                "liquidation",
                "forced closing",
                "liquidation_price_usd",
                "-",
                "The exchange closes a position whose equity is down to the maintenance margin. A "
                "short is liquidated in a rally.",
                "04",
            ),
            (
                "liquidation price",
                "liq price",
                "inverse_liquidation_price",
                "USD per coin",
                "Where equity is down to the maintenance margin and the exchange closes the "
                "position. For a short it lies above entry; inf where there is none.",
                "04",
            ),
            (
                "bankruptcy price",
                "zero-equity level",
                "inverse_bankruptcy_price",
                "USD per coin",
                "Where equity is nil.",
                "04",
            ),
            (
                "isolated",
                "isolated margin",
                "wallet_coin",
                "coins",
                "Only the margin given to a position secures it.",
                "04",
            ),
            (
                "cross",
                "cross margin, shared margin",
                "cross_wallet_coin",
                "coins",
                "All of that coin in the futures wallet secures every position. Spot is not in it.",
                "04",
            ),
            (
                "unified account",
                "portfolio margin",
                "-",
                "-",
                "One account in which several assets serve as margin, each after a haircut.",
                "04",
            ),
            (
                "haircut",
                "the same",
                "-",
                "decimal",
                "Share taken off the worth of an asset that serves as margin.",
                "04",
            ),
            (
                "top-up",
                "margin deposit",
                "TopUp",
                "USD",
                "Margin added while the position stands, so that it goes on standing.",
                "08",
            ),
            (
                "margin call",
                "variation margin call",
                "-",
                "-",
                "A demand for more margin before the position is closed. Most coin exchanges send "
                "none that waits for an answer: they liquidate.",
                "08",
            ),
            (
                "auto-deleveraging",
                "ADL, forced reduction",
                "-",
                "-",
                "The exchange closes positions that are in profit, because a bankrupt one "
                "cannot be taken over.",
                "08",
            ),
            (
                "synthetic dollar",
                "fully covered short, delta-neutral position",
                "coin_account",
                "USD",
                "A coin and a short of the same size: worth as many dollars at every price, and "
                "a hedge of nothing else.",
                "04",
            ),
        ],
    ),
    *_of(
        "carry",
        [
            (
                "basis",
                "futures premium, spread to spot",
                "basis",
                "decimal",
                "Future over spot, less 1. In dollars, future less spot, it is basis_usd. "
                "Commodity books write spot less future.",
                "05",
            ),
            (
                "basis in dollars",
                "basis",
                "basis_usd",
                "USD per coin",
                "Future less spot.",
                "05",
            ),
            (
                "contango, backwardation",
                "positive, negative basis",
                "basis",
                "decimal",
                "The future above spot, or below it.",
                "05",
            ),
            (
                "premium",
                "premium index",
                "premium_index",
                "decimal",
                "How far a perpetual's bids and offers stand from the index; funding answers to "
                "it.",
                "05",
            ),
            (
                "funding",
                "funding fee, periodic cash settlement",
                "inverse_funding_coin",
                "coins",
                "Payment between longs and shorts every few hours. At a positive rate longs pay "
                "shorts.",
                "05",
            ),
            (
                "funding rate",
                "-",
                "funding_rate",
                "decimal",
                "Funding of one interval over size. Positive: longs pay. Never a percentage in "
                "the code.",
                "05",
            ),
            (
                "funding cap",
                "limit",
                "funding_cap",
                "decimal",
                "The most that one funding payment can be; it hangs on the margin rates.",
                "05",
            ),
            (
                "carry",
                "cost of carry, roll yield",
                "funding_income",
                "USD",
                "What holding brings or costs while the price stands still.",
                "05",
            ),
            (
                "annualised",
                "APR if simple, APY if compound",
                "annualise_funding",
                "decimal",
                "A rate for a year. Say whether interest on interest is in it.",
                "05",
            ),
            (
                "cash and carry",
                "basis trade, covered arbitrage",
                "expiry_lock",
                "USD",
                "Own the coin, short its dated future, and hold both to expiry: the basis is "
                "locked in.",
                "05",
            ),
            (
                "close and reopen",
                "-",
                "close_reopen_break_even",
                "intervals",
                "Taking a hedge off to avoid funding; it needs a negative rate and time.",
                "05",
            ),
        ],
    ),
    *_of(
        "beta",
        [
            (
                "return",
                "simple return, rate of return",
                "simple_returns",
                "decimal",
                "Price now over price before, less 1.",
                "06",
            ),
            (
                "volatility",
                "vol, standard deviation",
                "daily_vol",
                "decimal",
                "The usual size of a return.",
                "06",
            ),
            (
                "variance",
                "the same",
                "-",
                "decimal",
                "Mean squared distance of the returns from their average; volatility squared.",
                "06",
            ),
            (
                "correlation",
                "the same",
                "correlation",
                "-1 to 1",
                "How closely two returns go together, whatever their sizes.",
                "06",
            ),
            (
                "beta",
                "slope, sensitivity",
                "ols_beta",
                "a number",
                "Return of the book, on average, for each 1 of the coin's: covariance over "
                "variance. Always to a named coin.",
                "06",
            ),
            (
                "downside beta",
                "semi-beta",
                "downside_beta",
                "a number",
                "Beta on bad days. There are several definitions; name the one used.",
                "06",
            ),
            (
                "R²",
                "coefficient of determination",
                "r2",
                "0 to 1",
                "Share of the variance of the book that goes along with the coin; the best "
                "short removes it.",
                "06",
            ),
            (
                "standard error",
                "the same",
                "beta_se",
                "a number",
                "How far an estimate is usually off.",
                "06",
            ),
            (
                "Newey-West",
                "HAC standard error",
                "errors",
                "a number",
                "A standard error for days that are not all alike, or not independent of "
                "each other.",
                "06",
            ),
            (
                "interval",
                "confidence interval",
                "notional_interval",
                "USD",
                "Where the true value lies in 95 cases of 100, if the model of the errors is "
                "right.",
                "06",
            ),
            (
                "residual",
                "idiosyncratic return",
                "residual",
                "decimal",
                "What the coin does not explain. No short of that coin removes it.",
                "06",
            ),
            (
                "hedge ratio",
                "minimum-variance ratio",
                "minimum_variance_ratio",
                "a number",
                "Dollars short for each dollar of the book. The best one, on returns, is beta.",
                "06",
            ),
            (
                "hedge effectiveness",
                "variance reduction",
                "hedge_effectiveness",
                "decimal",
                "Share of the variance that a hedge removes; below 0 where it adds.",
                "06",
            ),
            (
                "out of sample",
                "test set, forward",
                "out_of_sample_effectiveness",
                "decimal",
                "Judged on days that were not used to fit.",
                "06",
            ),
            (
                "cross hedge",
                "proxy hedge",
                "rank_hedges",
                "-",
                "A hedge by something other than what is held. Its residual is part of what "
                "textbooks call basis risk.",
                "06",
            ),
            (
                "shrinkage",
                "Bayesian adjustment",
                "vasicek",
                "a number",
                "Moving an uncertain beta towards that of its peers.",
                "06",
            ),
        ],
    ),
    *_of(
        "plan",
        [
            (
                "book",
                "portfolio",
                "Portfolio",
                "USD",
                "What is held and to be hedged.",
                "03",
            ),
            (
                "hedge",
                "the same",
                "plan_hedge",
                "-",
                "A position that gains when the book loses, and loses when it gains: a lock, not "
                "an insurance.",
                "01",
            ),
            (
                "exposure",
                "dollar delta",
                "hedge_notional",
                "USD",
                "Dollars of the coin that book and margin behave like: beta times the book, plus "
                "a bought margin.",
                "03",
            ),
            (
                "new money",
                "outside funding",
                "collateral",
                "USD",
                "Margin that is bought with money from outside the book; the short must "
                "cover it too.",
                "03",
            ),
            (
                "naive 1:1",
                "unit hedge ratio",
                "naive",
                "-",
                "Short as many dollars as the book is worth: beta and margin left out.",
                "08",
            ),
            (
                "delta",
                "sensitivity",
                "residual_delta_usd",
                "USD",
                "Dollars gained for each 1 of the coin's return.",
                "04",
            ),
            (
                "residual delta",
                "rounding error",
                "residual_delta_usd",
                "USD",
                "What is left over when contracts are rounded.",
                "03",
            ),
            (
                "rebalance",
                "dynamic hedging",
                "rebalance",
                "USD",
                "Changing the size as book, beta or account change.",
                "08",
            ),
            (
                "band",
                "no-trade zone",
                "band",
                "decimal",
                "How far the size may be off before it is changed.",
                "08",
            ),
            (
                "unwind",
                "close out, lift the hedge",
                "unwind",
                "contracts",
                "Buying back the contracts that were sold, the same number.",
                "08",
            ),
            (
                "scenario",
                "stress test",
                "run_scenario",
                "USD",
                "What one move does to book, margin and short.",
                "07",
            ),
            (
                "replay",
                "backtest, path simulation",
                "replay",
                "USD",
                "What a path of prices does, day by day, with funding, fees and liquidation.",
                "08",
            ),
            (
                "deepest fall",
                "maximum drawdown, MDD",
                "max_drawdown_usd",
                "USD",
                "The longest way down from a peak to what came after it.",
                "08",
            ),
            (
                "opportunity cost",
                "the same",
                "-",
                "USD",
                "Gains that a hedge gives up when the coins rise.",
                "08",
            ),
        ],
    ),
)
"""Every term, field by field."""
