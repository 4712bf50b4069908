"""The part of a book that has a price history: its returns, and the betas measured on them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from hedgelib import beta, choice, market
from hedgelib._check import FloatArray
from hedgelib._text import usd
from hedgelib.coins import ticker_of
from hedgelib.errors import InvalidInput, NotEnoughData
from hedgelib.portfolio import Holding, Portfolio
from hedgelib.report.blocks import printable
from hedgelib.report.parameters import SMALLEST_BLOCKS, SMALLEST_WINDOW, ReportParameters
from hedgelib.report.results import Cover, Tracking
from hedgelib.returns import horizon_returns

_MONTH_DAYS = 30


class Sample:
    """The returns that the betas come from, and which holdings they cover.

    Until the hedge coin is chosen, whatever has a beta of its owner's to any coin stays out of the
    part with history, so that the candidates are judged on one and the same part.
    """

    def __init__(
        self,
        parameters: ReportParameters,
        book: Portfolio,
        looked_at: tuple[str, ...],
        data: market.Market,
        coin: str | None = None,
    ) -> None:
        every = data.returns()
        window = every.iloc[-parameters.window_days :]
        last = window.index[-1]
        self.book = book
        self.covers = tuple(
            self._cover(holding, share, window, coin)
            for holding, share in zip(book, book.weights.tolist(), strict=True)
        )
        estimated = [c for c in self.covers if c.how == "history" and c.value_usd > 0]
        self.estimated_usd = sum(c.value_usd for c in estimated)
        self.estimated = tuple(c.coin for c in estimated)
        self.gap_usd = sum(c.value_usd for c in self.covers if c.how == "none")
        whole = len(estimated) == len([c for c in self.covers if c.value_usd > 0])
        # It stands in the title of a picture, where there is little room.
        self.name = "the book" if whole else f"the {usd(self.estimated_usd)} with history"
        common = window[list(dict.fromkeys((*looked_at, *self.estimated)))].dropna()
        if len(common) < SMALLEST_WINDOW:
            raise NotEnoughData(
                f"only {len(common)} days on which all of {', '.join(common.columns)} have a "
                f"return, and {SMALLEST_WINDOW} are needed; lengthen window_days"
            )
        if not estimated and not any(c.how == "own" for c in self.covers):
            raise NotEnoughData(_nothing_known(self.covers, window, coin))
        self.cut = ""
        if len(window) < parameters.window_days:
            self.cut = f"the data begin on {data.span[0]}"
        if len(common) < len(window):
            missing = window[common.columns].isna()
            fewest = missing.sum().idxmax()
            began = missing[fewest].iloc[0]
            self.cut = (
                f"the history of {fewest} begins then"
                if began
                else f"{fewest} has no return on {missing[fewest].sum()} of them"
            )
        self.horizon_days, self.window_days = parameters.horizon_days, parameters.window_days
        self.days = self._in_blocks(len(common))
        self.left_out = len(common) - self.days
        common = common.iloc[self.left_out :]
        self.first_day, self.last_day = common.index[0].date(), last.date()
        returns = dict(zip(common.columns, self._compounded(common).T, strict=True))
        self.coin_returns = {coin: returns[coin] for coin in looked_at}
        self.returns = returns
        self.book_returns = np.array([])
        if estimated:
            weights = np.array([c.value_usd for c in estimated]) / self.estimated_usd
            self.book_returns = np.column_stack([returns[c] for c in self.estimated]) @ weights
        self._judged: dict[str, choice.Candidate] | None = None
        self._data = every

    def history(self, coin: str) -> Any:
        """Return the daily returns of the measured coins and a hedge coin, as far back as all go.

        No day is missing in it.
        """
        columns = list(dict.fromkeys((coin, *self.estimated)))
        known = self._data[columns]
        missing = np.flatnonzero(known.isna().any(axis=1).to_numpy())
        return known.iloc[missing[-1] + 1 :] if missing.size else known

    @property
    def weights(self) -> FloatArray:
        """Value of each measured coin, USD."""
        return np.array([c.value_usd for c in self.covers if c.coin in self.estimated])

    def _in_blocks(self, days: int) -> int:
        """Return how many days fill whole blocks of the horizon."""
        blocks = days // self.horizon_days
        if self.horizon_days > 1 and blocks < SMALLEST_BLOCKS:
            raise NotEnoughData(
                f"only {days} days of history make {blocks} returns of {self.horizon_days} days, "
                f"and {SMALLEST_BLOCKS} are needed; lengthen window_days or shorten horizon_days"
            )
        return blocks * self.horizon_days

    def _compounded(self, daily: Any) -> FloatArray:
        """Return returns over the horizon, a column for each coin."""
        returns: FloatArray = daily.to_numpy(dtype=np.float64)
        if self.horizon_days == 1:
            return returns
        return np.asarray(horizon_returns(returns, self.horizon_days).returns)

    @staticmethod
    def _cover(holding: Holding, share: float, window: Any, coin: str | None) -> Cover:
        how: Literal["history", "own", "cash", "none"] = "history"
        reason = ""
        own_beta = holding.beta if coin is None else holding.beta_to(coin)
        if holding.is_cash:
            how = "cash"
        elif holding.coin not in window.columns:
            ticker = ticker_of(holding.coin)
            reason = "no price history" + (f"; the ticker may be {ticker}" if ticker else "")
        else:
            returns = window[holding.coin]
            if np.isnan(returns.iloc[-1]):
                ended = returns.last_valid_index()
                reason = (
                    f"its price history ends on {ended.date()}"
                    if ended is not None
                    else f"no price history since {window.index[0].date()}"
                )
            elif returns.count() < SMALLEST_WINDOW:
                reason = f"only {returns.count()} days of price history"
        if reason:
            how = "none"
        if own_beta is not None or (coin is None and holding.has_own_beta):
            how = "own"
        elif reason and holding.betas_to:
            others = " and ".join(name for name, _ in holding.betas_to)
            reason += f", and the file gives its beta to {others}, not to {coin}"
        return Cover(
            coin=holding.coin,
            value_usd=holding.value_usd,
            share=share,
            quantity=holding.quantity,
            price_usd=holding.price_usd,
            how=how,
            own_beta=own_beta,
            reason=reason,
            at_market=holding.at_market,
        )

    def judged(self) -> dict[str, choice.Candidate]:
        """Judge each hedge coin out of sample, best first; empty where nothing has history."""
        if self._judged is None:
            coins = list(self.coin_returns)
            self._judged = self._judge(self.book_returns, coins) if self.estimated else {}
        return self._judged

    def _judge(self, returns: FloatArray, coins: list[str]) -> dict[str, choice.Candidate]:
        # What it calls days are our returns, each over the horizon.
        ranked = choice.rank_hedges(
            returns,
            self.coin_returns,
            self.estimated_usd,
            candidates=[(coin,) for coin in coins],
            horizon_days=_MONTH_DAYS / self.horizon_days,
            refit=max(1, round(_MONTH_DAYS / self.horizon_days)),
            holdings_usd={coin: self.book.value_of(coin) for coin in coins},
        )
        return {c.coins[0]: c for c in ranked.candidates}

    def _rest(self, coin: str) -> tuple[float, choice.Candidate | None]:
        """Judge a hedge on what is measured and is not the hedge coin, which hedges itself."""
        others = [c for c in self.estimated if c != coin]
        values = np.array([c.value_usd for c in self.covers if c.coin in others])
        if not others:
            return 0.0, None
        if coin not in self.estimated:
            return self.estimated_usd, self.judged()[coin]
        rest = np.column_stack([self.returns[c] for c in others]) @ values / values.sum()
        return float(values.sum()), self._judge(rest, [coin])[coin]

    def check_own_beta(self, coin: str) -> None:
        """Refuse a beta in the file that would be that of the hedge coin to itself."""
        for cover in self.covers:
            if cover.coin == coin and cover.own_beta not in (None, 1.0):
                raise InvalidInput(
                    f"{coin} is the hedge coin, so its beta is 1, but the file gives "
                    f"{cover.own_beta:g}; leave it empty there"
                )

    def tracking(self, coin: str) -> Tracking:
        """Measure how the book moved with one hedge coin."""
        x = self.coin_returns[coin]
        total = self.book.value_usd
        rest = [h for h in self.book if h.coin not in self.estimated and not h.is_cash]
        given = [(h.value_usd, b) for h in rest if (b := h.beta_to(coin)) is not None]
        own = sum(value * b for value, b in given)
        estimate = None
        low = middle = high = 0.0
        if self.estimated:
            estimate = beta.ols_beta(
                self.book_returns, x, y_name=self.name, x_name=coin, errors="newey-west"
            )
            (low, high), middle = estimate.interval(), estimate.beta
        # Exposure in USD per unit of return, at the estimate and at the ends of its interval.
        middle, low, high = (self.estimated_usd * b + own for b in (middle, low, high))
        own_usd = sum(value for value, _ in given)
        known, gap_usd = self.estimated_usd + own_usd, sum(h.value_usd for h in rest) - own_usd
        # What nothing is known of may stand still, or move like the rest.
        gap_low, gap_high = (gap_usd * b / known if known else 0.0 for b in (low, high))
        judged = self.judged().get(coin)
        rest_usd, apart = self._rest(coin)
        return Tracking(
            coin=coin,
            estimate=estimate,
            out_of_sample=judged.effectiveness if judged else None,
            out_of_sample_low=judged.effectiveness_low if judged else None,
            out_of_sample_high=judged.effectiveness_high if judged else None,
            rest_usd=rest_usd,
            rest_out_of_sample=apart.effectiveness if apart else None,
            rest_low=apart.effectiveness_low if apart else None,
            rest_high=apart.effectiveness_high if apart else None,
            coin_sd=float(np.std(x, ddof=1)),
            book_beta=middle / total,
            book_beta_low=(low + min(0.0, gap_low)) / total,
            book_beta_high=(high + max(0.0, gap_high)) / total,
            covered_beta=middle / known if known else 0.0,
            covered_beta_low=low / known if known else 0.0,
            covered_beta_high=high / known if known else 0.0,
        )

    def median_residual_sd(self, coin: str) -> float:
        """Return the median residual volatility of the book's coins against a hedge coin.

        Where the book has no other coin with a price history, it is that of the hedge coins.
        """
        x = self.coin_returns[coin]
        others = [c for c in self.estimated if c != coin]
        others = others or [c for c in self.coin_returns if c != coin]
        return float(np.median([beta.ols_beta(self.returns[c], x).residual_sd for c in others]))


def _nothing_known(covers: tuple[Cover, ...], window: Any, coin: str | None) -> str:
    told = "; ".join(
        f"{printable(c.coin)}: {c.reason or 'no value'}" for c in covers if c.how != "cash"
    )
    to = "" if coin is None else f" to {coin}"
    column = "columns beta_btc and beta_eth" if coin is None else f"a column beta_{coin.lower()}"
    return (
        f"no coin of the book has a beta{to}: between {window.index[0].date()} and "
        f"{window.index[-1].date()} none has a usable price history ({told}), and the file "
        f"gives none{to}; add {column}"
    )
