"""How much to short: exposure, beta and collateral become contracts, leverage and a residual.

A hedge has to offset the delta of everything owned: the book times its beta, and the coin bought as
margin. Leaving out the margin is the classic mistake with coin-margined contracts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from hedgelib._check import (
    FINITE,
    NONNEGATIVE,
    POSITIVE,
    Result,
    instance,
    numbers,
    one_of,
    scalars,
    vectorised,
)
from hedgelib._text import Table, safe, usd
from hedgelib.contracts import ContractTerms, Rounding, inverse_pnl_coin, round_contracts
from hedgelib.errors import InfeasibleHedge, InvalidInput
from hedgelib.margin import (
    inverse_bankruptcy_price,
    leverage_allowed,
    linear_bankruptcy_price,
    liquidation_price,
)

__all__ = [
    "ASSUMED_MAINTENANCE_RATE",
    "HedgePlan",
    "Leg",
    "PlanChange",
    "Rebalance",
    "change_plan",
    "hedge_notional",
    "plan_hedge",
    "plan_legs",
    "rebalance",
    "smallest_collateral",
    "unwind",
]

Collateral = Literal["new_money", "from_portfolio", "stablecoin"]
_COLLATERAL = ("new_money", "from_portfolio", "stablecoin")

ASSUMED_MAINTENANCE_RATE = 0.01
"""Rate used, and said to be assumed, where a venue's own could not be verified.

It is the highest rate, known or doubtful, that any inverse contract in ``data/contracts.toml`` has
for its smallest position; a test holds it to that. Where the contract itself has a doubtful rate or
slope in the data, that is assumed instead.
"""

DEFAULT_MAX_LEVERAGE = 2.0
"""Leverage cap of a plan and of a report: with bought coin as margin, the coin has to double before
the short is liquidated."""

# Amounts of the same dollars, added up in another order, differ by an ulp or so.
_ROUNDING = 1e-9
_ANY_LEVERAGE = 100.0


@vectorised
def hedge_notional(
    book_usd: ArrayLike,
    beta: ArrayLike,
    collateral_usd: ArrayLike = 0.0,
    *,
    hedge_ratio: ArrayLike = 1.0,
    target_beta: ArrayLike = 0.0,
) -> Result:
    """Return the notional to short for a hedge ratio and a target beta; the broadcast shape.

    Formula: ``N = h beta V + V_coll - target_beta V``: a share of the book's exposure, and the
    margin whole; negative where the target asks for more exposure than there is. **Source:** wealth
    ``V (1 + beta r) + C E (1 + r) - N r`` has the slope ``beta V + C E - N`` in the return ``r`` of
    the coin, and that is to be ``((1 - h) beta + target_beta) V``.

    Parameters
    ----------
    book_usd, beta : array_like
        Value of the book, >= 0, margin that came out of it left out; of that book to the hedge
        coin.
    collateral_usd : array_like
        Value of the hedge coin held as margin, >= 0; 0 for a stablecoin.
    hedge_ratio, target_beta : array_like
        Share `h` of the book's exposure to hedge, >= 0; beta of the book to leave on purpose,
        besides what the ratio leaves.

    Examples
    --------
    Alice with $50,000 of altcoins and $49,000 of bought ETH:

    >>> hedge_notional(50_000, 1.0, 49_000), hedge_notional(50_000, 1.0, 49_000, hedge_ratio=0.5)
    (99000.0, 74000.0)
    """
    book_usd, beta, collateral_usd, hedge_ratio, target_beta = numbers(
        book_usd=book_usd,
        beta=beta,
        collateral_usd=collateral_usd,
        hedge_ratio=hedge_ratio,
        target_beta=target_beta,
    )
    return (hedge_ratio * beta - target_beta) * book_usd + collateral_usd


def smallest_collateral(
    book_usd: float,
    beta: float,
    max_leverage: float,
    *,
    collateral: Collateral = "new_money",
    held_usd: float = 0.0,
    cash_usd: float = 0.0,
    target_beta: float = 0.0,
    hedge_ratio: float = 1.0,
    fee_rate: float = 0.0,
) -> float:
    """Find the least collateral with which a hedge stays within a leverage cap.

    Formula, without fees: ``h beta V / (L - 1)`` of bought coin, ``V h beta / (beta + L - 1)`` out
    of a book that holds none of it, ``h beta V / L`` of stablecoin. **Source:** ``N <= L V_coll``
    with ``N = h beta V + V_coll`` solved for ``V_coll``: a bought margin brings its own exposure
    along, so at a cap of 1 it never catches up. A margin out of the book takes exposure out of the
    book instead. With a fee ``V_coll`` is what the fee leaves, and ``N fee`` more is posted.

    Parameters
    ----------
    book_usd, beta, max_leverage : float
        Value of the whole book, > 0; of the whole book to the hedge coin; cap on notional over
        collateral, the opening fee paid, > 0.
    collateral : {"new_money", "from_portfolio", "stablecoin"}
        Where the margin comes from.
    held_usd, cash_usd : float
        Hedge coin that the book holds already, taken first when the margin comes out of it; cash in
        the book, turned into margin next, before any coin is sold.
    target_beta, hedge_ratio, fee_rate : float
        As for :func:`plan_hedge`.

    Returns
    -------
    float
        USD; ``inf`` where no amount suffices. Out of the book it can be the whole of it: then every
        altcoin is sold for the coin, and a short at 1x covers just that.

    Examples
    --------
    >>> smallest_collateral(50_000, 1.0, 3.0), smallest_collateral(50_000, 1.0, 1.0)
    (25000.0, inf)
    """
    one_of("collateral", collateral, _COLLATERAL)
    book_usd, beta, max_leverage, held_usd, cash_usd, target_beta, hedge_ratio, fee_rate = scalars(
        book_usd=(book_usd, POSITIVE),
        beta=beta,
        max_leverage=max_leverage,
        held_usd=held_usd,
        cash_usd=cash_usd,
        target_beta=target_beta,
        hedge_ratio=(hedge_ratio, POSITIVE),
        fee_rate=fee_rate,
    )
    if held_usd > book_usd:
        raise InvalidInput(f"held_usd must not be above book_usd {book_usd:g}, got {held_usd:g}")
    if cash_usd - (book_usd - held_usd) > _ROUNDING * book_usd:
        raise InvalidInput(
            f"cash_usd must not be above the rest of the book, {book_usd - held_usd:g}, "
            f"got {cash_usd:g}"
        )
    if held_usd == book_usd and abs(beta - 1) > 1e-9:
        raise InvalidInput(
            f"a book of nothing but the hedge coin has beta 1 to it, got beta {beta:g}"
        )
    if fee_rate * max_leverage <= -1:
        raise InvalidInput(f"fee_rate must not be a rebate that pays for the margin: {fee_rate:g}")
    open_usd = hedge_ratio * beta * book_usd - target_beta * book_usd
    if open_usd <= 0:
        raise InvalidInput(
            f"nothing to short: at beta {beta:g} and target {target_beta:g} the book has no "
            "exposure to hedge"
        )
    coin = collateral != "stablecoin"
    # One expression: at a cap of 1 it is 1 exactly, whatever the fee.
    cap = max_leverage * ((1 + fee_rate * coin) / (1 + max_leverage * fee_rate))
    if collateral == "new_money":
        return open_usd / (cap - 1) if cap > 1 else float("inf")
    if collateral == "stablecoin" or open_usd <= cap * held_usd:
        return open_usd / cap
    # What is held comes first and brings no exposure; cash brings all of its own; coins sold for
    # the rest take theirs along.
    if cap > 1 and (needed := (open_usd - held_usd) / (cap - 1)) <= held_usd + cash_usd:
        return needed
    slope = 1 - _others_beta(book_usd, beta, held_usd, cash_usd)
    if cap <= slope:
        return float("inf")
    needed = (open_usd - slope * held_usd + (1 - slope) * cash_usd) / (cap - slope)
    if abs(needed - book_usd) <= _ROUNDING * book_usd:
        return book_usd
    return needed if needed < book_usd else float("inf")


def _others_beta(book_usd: float, beta: float, held_usd: float, cash_usd: float) -> float:
    """Return the beta of what is neither the hedge coin nor cash; 0 where there is none."""
    others_usd = book_usd - held_usd - cash_usd
    # Two sums of the same dollars leave an ulp, whose beta would be anything.
    nothing_usd = _ROUNDING * book_usd if cash_usd > 0 else 0.0
    return (beta * book_usd - held_usd) / others_usd if others_usd > nothing_usd else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgePlan:
    """A hedge that can be placed: made by :func:`plan_hedge`.

    Parameters
    ----------
    price_usd, book_usd, beta : float
        Price of the hedge coin; the whole book before anything is moved, and its beta to the coin.
    collateral : {"new_money", "from_portfolio", "stablecoin"}
        Where the margin comes from.
    collateral_usd, sold_usd, cash_sold_usd : float
        Margin posted, before the opening fee; altcoins, and cash, turned into it.
    kept_usd, kept_beta : float
        What stays in the spot wallet, and its beta; both 0 where the whole book is the margin.
    exposure_usd : float
        Dollar delta of everything owned, the margin included: what a return of 100% of the hedge
        coin would add.
    hedge_ratio, target_beta : float
        Share of the exposure of the book hedged, besides all of the margin; beta of the book that
        is left on purpose. Of a size that was given the share is what it comes to, 0 where it
        covers the margin and no more, below 0 where not even that.
    notional_target_usd, contracts_exact, contracts : float
        Before rounding, and after it; contracts are signed, a short is negative.
    residual_delta_usd : float
        Exposure that the rounded position leaves beyond :attr:`beta_left` of the book.
    liquidation_price_usd, bankruptcy_price_usd : float
        Of the rounded position; ``inf`` where there is none.
    maintenance_rate, fee_rate, open_fee_usd : float
        In the first tier, or the flat one used or assumed; taker fee as a decimal, and for opening.
    assumptions : tuple of str
        What was assumed because it was not given or not verified, in sentences.
    """

    contract: ContractTerms
    price_usd: float
    book_usd: float
    beta: float
    collateral: Collateral
    collateral_usd: float
    sold_usd: float
    kept_usd: float
    kept_beta: float
    exposure_usd: float
    hedge_ratio: float
    target_beta: float
    notional_target_usd: float
    contracts_exact: float
    contracts: float
    residual_delta_usd: float
    liquidation_price_usd: float
    bankruptcy_price_usd: float
    maintenance_rate: float
    fee_rate: float
    open_fee_usd: float
    assumptions: tuple[str, ...] = ()
    cash_sold_usd: float = 0.0

    @property
    def notional_usd(self) -> float:
        """Size of the position as placed, USD, unsigned."""
        return self.contract.notional_usd(self.contracts, self.price_usd)

    @property
    def leverage(self) -> float:
        """Notional over the margin that the opening fee leaves."""
        return self.notional_usd / self.wallet_usd if self.wallet_usd > 0 else float("inf")

    @property
    def beta_left(self) -> float:
        """Beta of the whole book that the hedge leaves on purpose, ``(1 - h) beta + target``."""
        return (1 - self.hedge_ratio) * self.beta + self.target_beta

    @property
    def holds_coin(self) -> bool:
        """Whether the margin is the hedge coin and so has a delta of its own."""
        return self.collateral != "stablecoin"

    @property
    def wallet_usd(self) -> float:
        """Margin after the opening fee, USD."""
        return self.collateral_usd - self.open_fee_usd

    @property
    def wallet_coin(self) -> float:
        """Margin after the opening fee, in coins; 0 for a stablecoin."""
        return self.wallet_usd / self.price_usd if self.holds_coin else 0.0

    @property
    def liquidation_move(self) -> float:
        """Move of the coin from here to the liquidation price, a decimal; ``inf`` where none."""
        return self.liquidation_price_usd / self.price_usd - 1

    def steps(self) -> tuple[tuple[str, str], ...]:
        """Return the five steps of the plan, each with its result in words."""
        c, partly = self.contract, self.hedge_ratio != 1 or self.target_beta != 0
        parts = ((self.cash_sold_usd, "cash"), (self.sold_usd, "altcoins"))
        sold = " and ".join(f"{usd(value)} of {what}" for value, what in parts if value)
        source = {
            "new_money": f"{c.coin} bought with new money",
            "from_portfolio": f"taken out of the book ({sold or 'no altcoins'} sold)",
            "stablecoin": "stablecoin",
        }[self.collateral]
        own = (
            f" + {usd(self.exposure_usd - self.kept_beta * self.kept_usd)} of {c.coin} margin"
            if self.holds_coin
            else ""
        )
        far = (
            f"liquidation at {usd(self.liquidation_price_usd, cents=True)} "
            f"({self.liquidation_move:+.0%})"
            if np.isfinite(self.liquidation_price_usd)
            else "no price liquidates it"
        )
        return (
            (
                "Exposure",
                f"{usd(self.kept_usd)} x beta {self.kept_beta:.3g}{own} "
                f"= {usd(self.exposure_usd)} of {c.coin} risk",
            ),
            ("Instrument", f"{c.symbol} at {c.venue}, {c.kind}, {c.face} a contract"),
            (
                "Ratio",
                f"short {usd(self.notional_target_usd)}, {self.hedge_ratio:.0%} of the exposure"
                + (" of the book" if partly and (self.holds_coin or self.target_beta) else "")
                + (f" beyond a beta of {self.target_beta:g}" if self.target_beta else "")
                + (", and the margin" if self.holds_coin and partly else ""),
            ),
            (
                "Contracts",
                f"{'sell' if self.contracts < 0 else 'buy'} {abs(self.contracts):,.10g} "
                f"({abs(self.contracts_exact):,.3f} before rounding), {usd(self.notional_usd)}; "
                f"residual delta {usd(self.residual_delta_usd, cents=True)}",
            ),
            (
                "Collateral and leverage",
                f"{usd(self.collateral_usd)}, {source}; leverage {self.leverage:.2f}x, {far}",
            ),
        )

    def _repr_html_(self) -> str:
        rows = [(f"{i}. {step}", result) for i, (step, result) in enumerate(self.steps(), 1)]
        notes = "".join(f"<li>{safe(text)}</li>" for text in self.assumptions)
        return Table(("step", "result"), rows, "ll").html() + (f"<ul>{notes}</ul>" if notes else "")

    def __str__(self) -> str:
        return "\n".join(f"{i}. {k}: {v}" for i, (k, v) in enumerate(self.steps(), 1))


def plan_hedge(
    book_usd: float,
    beta: float,
    contract: ContractTerms,
    price_usd: float,
    *,
    collateral: Collateral = "new_money",
    collateral_usd: float | None = None,
    max_leverage: float | None = None,
    held_usd: float = 0.0,
    cash_usd: float = 0.0,
    hedge_ratio: float = 1.0,
    target_beta: float = 0.0,
    notional_usd: float | None = None,
    rounding: Rounding = "nearest",
    fee_rate: float | None = None,
    maintenance_rate: float | None = None,
) -> HedgePlan:
    """Plan a short hedge of a book, including the exposure of its own collateral.

    Formula: ``N = owned - ((1 - h) beta + target_beta) V``, with `owned` the dollar delta of all
    that is owned once the margin is posted and the fee paid, and `V` and `beta` those of the whole
    book before. With new money or a stablecoin that is ``N = h beta V + V_coll - target_beta V``.
    Wherever the margin comes from, the total delta afterwards is ``(1 - h) beta V`` of the book as
    it was, and ``target_beta V``. **Source:** :func:`hedge_notional`; the opening fee leaves the
    wallet in coin and need not be hedged, so with a coin margin the target is divided by
    ``1 + fee_rate``. With the whole book as margin that is ``V / (1 + fee_rate)``, which is what
    the fee leaves: a leverage of 1.

    Parameters
    ----------
    book_usd, beta : float
        Value of everything held, USD, > 0; of the whole book to the contract's coin.
    contract : ContractTerms
        An inverse contract; or a linear one, with stablecoin collateral.
    price_usd : float
        Price of the coin, > 0.
    collateral : {"new_money", "from_portfolio", "stablecoin"}
        Coin bought with new money, coin taken out of the book, or a stablecoin (for an inverse
        contract that needs a unified account).
    collateral_usd : float, optional
        Margin to post, > 0; the least that `max_leverage` and the venue allow when omitted.
    max_leverage : float, optional
        Cap on notional over the margin that the opening fee leaves, > 0. When omitted, it is
        :data:`DEFAULT_MAX_LEVERAGE`; or that of the contract, where `collateral_usd` is given and
        so decides the leverage. Where the venue's own limit for a position of that size is lower
        (:func:`hedgelib.leverage_allowed`), that one is taken, and the plan says so.
    held_usd : float
        Hedge coin that the book holds already, USD, counted in `book_usd` and in `beta`; it is used
        first when the margin comes out of the book.
    cash_usd : float
        Cash in the book, USD, counted in `book_usd` and in `beta` with a beta of 0; it is turned
        into margin next, before any coin is sold.
    hedge_ratio : float
        Share of the exposure of the book to hedge, > 0; coin margin is hedged in full besides.
    target_beta : float
        Beta of the book to leave on purpose.
    notional_usd : float, optional
        Size of the short, USD, > 0, instead of the two above, for a size that somebody else
        decided. The plan says which hedge ratio that is.
    rounding : {"nearest", "down", "up"}
        How contracts become whole; down, and said so, where another way would lift the leverage
        above the cap and there is no more margin to add: it was given, or is the whole book.
    fee_rate : float, optional
        Taker fee as a decimal; the contract's own when omitted, and 0 where that is not verified.
    maintenance_rate : float, optional
        Flat maintenance rate; the contract's ladder when omitted. Where that is not verified, the
        contract's doubtful rate for the size, and :data:`ASSUMED_MAINTENANCE_RATE` without one.

    Raises
    ------
    InvalidInput
        Nothing to hedge, collateral that the contract does not take, a size together with a ratio
        or a target.
    InfeasibleHedge
        The leverage cap cannot be met, the venue allows less leverage for the size, more margin
        than the book has, less than one contract is needed, or the margin is not above maintenance;
        with the reason and the smallest collateral that would do.

    Examples
    --------
    >>> eth = ContractTerms(venue="Binance COIN-M", symbol="ETHUSD_PERP", kind="inverse",
    ...                     coin="ETH", multiplier=10, settle="ETH", maintenance_basis="mark")
    >>> plan = plan_hedge(50_000, 1.0, eth, 3500, collateral_usd=49_000, fee_rate=0,
    ...                   maintenance_rate=0.005)
    >>> plan.contracts, plan.residual_delta_usd, round(plan.leverage, 4)
    (-9900.0, 0.0, 2.0204)
    >>> round(plan.liquidation_price_usd, 2)
    6895.35
    """
    one_of("collateral", collateral, _COLLATERAL)
    one_of("rounding", rounding, ("nearest", "down", "up"))
    instance("contract", contract, ContractTerms)
    if max_leverage is None:
        given = collateral_usd is not None
        max_leverage = contract.max_leverage or _ANY_LEVERAGE if given else DEFAULT_MAX_LEVERAGE
    book_usd, beta, price_usd, max_leverage, held_usd, hedge_ratio, target_beta = scalars(
        book_usd=(book_usd, POSITIVE),
        beta=beta,
        price_usd=price_usd,
        max_leverage=max_leverage,
        held_usd=held_usd,
        hedge_ratio=(hedge_ratio, POSITIVE),
        target_beta=target_beta,
    )
    if collateral_usd is not None:
        (collateral_usd,) = scalars(collateral_usd=(collateral_usd, POSITIVE))
    if notional_usd is not None:
        notional_usd, _ = scalars(
            notional_usd=(notional_usd, POSITIVE), exposure_usd=(beta * book_usd, FINITE)
        )
        if hedge_ratio != 1 or target_beta != 0:
            raise InvalidInput(
                "notional_usd is the size itself; leave hedge_ratio and target_beta out"
            )
    _refuse_contract(contract, collateral, max_leverage)
    fee_rate, assumptions = _assumed(contract, collateral, fee_rate)
    if maintenance_rate is not None:
        (maintenance_rate,) = scalars(maintenance_rate=maintenance_rate)
    sizing = _Sizing(
        book_usd=book_usd,
        beta=beta,
        contract=contract,
        price_usd=price_usd,
        collateral=collateral,
        held_usd=held_usd,
        cash_usd=cash_usd,
        hedge_ratio=hedge_ratio,
        target_beta=target_beta,
        notional_usd=notional_usd,
        fee_rate=fee_rate,
    )
    posted, cap, smallest = sizing.posted(collateral_usd, max_leverage)
    if cap < max_leverage:
        assumptions.append(
            f"{contract.symbol}: the venue allows {cap:.4g}x for a short of "
            f"{usd(sizing.target_usd(posted))}, and that is taken in place of {max_leverage:g}x"
        )
    size = sizing.whole(posted, cap, rounding, add=collateral_usd is None)
    if size.cut:
        assumptions.append("rounded down: one step more would lift the leverage above the cap")
    if not size.contracts:
        raise InfeasibleHedge(
            f"the hedge needs {usd(size.target_usd, cents=True)}, less than one step of "
            f"{contract.lot:g} x {contract.face}; choose a smaller contract",
            smallest_collateral_usd=smallest,
        )
    sold, _, kept, _ = sizing.kept(size.posted_usd)
    if kept == 0 and sold > 0:
        assumptions.append(
            f"all altcoins are sold for {contract.coin}, and the short covers just that: what is "
            "left is equivalent to dollars; selling the altcoins for dollars gives the same"
        )
    flat_rate, said = _flat_rate(contract, size.contracts, price_usd, maintenance_rate)
    if said:
        assumptions.append(said)
    wallet_usd = size.posted_usd - size.fee_usd
    try:
        danger = _danger(
            contract, size.contracts, price_usd, wallet_usd, sizing.coin_margin, flat_rate
        )
    except InvalidInput as error:
        raise InfeasibleHedge(str(error), smallest_collateral_usd=smallest) from error
    return sizing.plan(size, danger, flat_rate, tuple(assumptions))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """What is sold, in contracts, and the margin posted behind it.

    - target_usd, exact: the short wanted, before contracts are made whole
    - cut: rounded down, so that the leverage stays within the cap
    """

    target_usd: float
    exact: float
    contracts: float
    posted_usd: float
    fee_usd: float
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sizing:
    """What decides the size of a short and the margin behind it; see :func:`plan_hedge`."""

    book_usd: float
    beta: float
    contract: ContractTerms
    price_usd: float
    collateral: Collateral
    held_usd: float
    cash_usd: float
    hedge_ratio: float
    target_beta: float
    notional_usd: float | None
    fee_rate: float

    @property
    def coin_margin(self) -> bool:
        return self.collateral != "stablecoin"

    def smallest(self, cap: float) -> float:
        """Return the least margin at which the leverage is within a cap."""
        least = smallest_collateral(
            self.book_usd,
            self.beta,
            cap,
            collateral=self.collateral,
            held_usd=self.held_usd,
            cash_usd=self.cash_usd,
            target_beta=self.target_beta,
            hedge_ratio=self.hedge_ratio,
            fee_rate=self.fee_rate,
        )
        if self.notional_usd is None:
            return least
        needed = self.notional_usd * (1 / cap + self.fee_rate)
        short = self.collateral == "from_portfolio" and needed > self.book_usd * (1 + _ROUNDING)
        return float("inf") if short else needed

    def within(self, cap: float) -> tuple[float, float]:
        """Return the leverage that a cap and the venue allow, and the least margin for it.

        More margin in coin is more to short, for which a venue may allow less again: the leverage
        only ever falls, until it is allowed.
        """
        while True:
            least = self.smallest(cap)
            if not np.isfinite(least):
                return cap, least
            allowed = self.allowed(max(self.target_usd(least), 0.0))
            if cap <= allowed * (1 + _ROUNDING):
                return cap, least
            cap = allowed

    def allowed(self, notional_usd: float) -> float:
        """Return the leverage that the venue allows for a size."""
        contracts = notional_usd / self.contract.notional_usd(1, self.price_usd)
        return leverage_allowed(self.contract, contracts, self.price_usd)

    def kept(self, posted_usd: float) -> tuple[float, float, float, float]:
        """Return the coins and cash sold for a margin, what stays in spot, and its delta; USD."""
        book_usd, held_usd, cash_usd = self.book_usd, self.held_usd, self.cash_usd
        if self.collateral != "from_portfolio":
            return 0.0, 0.0, book_usd, self.beta * book_usd
        cash_sold = min(max(posted_usd - held_usd, 0.0), cash_usd)
        sold = max(posted_usd - held_usd - cash_usd, 0.0)
        if posted_usd >= book_usd * (1 - _ROUNDING):
            return sold, cash_sold, 0.0, 0.0
        delta_moved = posted_usd - cash_sold - sold
        delta_moved += _others_beta(book_usd, self.beta, held_usd, cash_usd) * sold
        return sold, cash_sold, book_usd - posted_usd, self.beta * book_usd - delta_moved

    def target_usd(self, posted_usd: float) -> float:
        """Return the short wanted with a margin, before contracts are made whole."""
        if self.notional_usd is not None:
            return self.notional_usd
        delta = self.kept(posted_usd)[-1]
        left = (1 - self.hedge_ratio) * self.beta + self.target_beta
        coin = self.coin_margin
        return (delta + posted_usd * coin - left * self.book_usd) / (1 + self.fee_rate * coin)

    def needs(self, contracts: float, cap: float) -> float:
        """Return the margin that a size asks for, its opening fee included."""
        notional = self.contract.notional_usd(contracts, self.price_usd)
        return notional * (1 / min(cap, self.allowed(notional)) + self.fee_rate)

    def posted(
        self, collateral_usd: float | None, max_leverage: float
    ) -> tuple[float, float, float]:
        """Return the margin to post, the leverage it keeps to, and the least margin for that."""
        cap, smallest = self.within(max_leverage)
        posted = smallest if collateral_usd is None else collateral_usd
        if not np.isfinite(posted) or posted < self.smallest(max_leverage) * (1 - _ROUNDING):
            raise InfeasibleHedge(
                self._why_infeasible(cap, posted, smallest, ladder=cap < max_leverage),
                smallest_collateral_usd=smallest,
            )
        if self.collateral == "from_portfolio" and posted > self.book_usd * (1 + _ROUNDING):
            raise InfeasibleHedge(
                f"a margin of {usd(posted)} is more than the book of {usd(self.book_usd)} that it "
                "is to come out of; post less, or add new money",
                smallest_collateral_usd=smallest,
            )
        target = self.target_usd(posted)
        if target <= 0:
            raise InvalidInput(
                f"nothing to short: with {usd(posted)} taken out of the book for margin, what is "
                f"left is not above the target of beta {self.target_beta:g}"
            )
        if collateral_usd is None:
            return posted, cap, smallest
        self._refuse_venue_leverage(posted, target)
        return posted, max_leverage, smallest

    def whole(self, posted_usd: float, cap: float, rounding: Rounding, *, add: bool) -> _Size:
        """Make the contracts whole within a leverage, adding margin for the last where allowed."""
        target, contract = self.target_usd(posted_usd), self.contract
        exact = -target / contract.notional_usd(1, self.price_usd)
        contracts = round_contracts(exact, rounding, contract.lot)
        most = posted_usd
        if add:
            # What one step more asks for can be added, as long as there is any.
            most += self.needs(contract.lot, cap)
            most = min(most, self.book_usd) if self.collateral == "from_portfolio" else most
        cut = self.needs(contracts, cap) > most * (1 + _ROUNDING)
        if cut:
            contracts = round_contracts(exact, "down", contract.lot)
        if add:
            # Rounding up to a whole contract must not lift the leverage above the cap.
            posted_usd = max(posted_usd, min(self.needs(contracts, cap), most))
        return _Size(
            target_usd=target,
            exact=exact,
            contracts=contracts,
            posted_usd=posted_usd,
            fee_usd=contract.notional_usd(contracts, self.price_usd) * self.fee_rate,
            cut=cut,
        )

    def plan(
        self,
        size: _Size,
        danger: tuple[float, float],
        flat_rate: float | None,
        assumptions: tuple[str, ...],
    ) -> HedgePlan:
        """Put the plan together."""
        contract, posted, beta = self.contract, size.posted_usd, self.beta
        notional = contract.notional_usd(size.contracts, self.price_usd)
        sold, cash_sold, kept, delta = self.kept(posted)
        owned = delta + (posted - size.fee_usd) * self.coin_margin
        hedge_ratio = self.hedge_ratio
        if self.notional_usd is not None:
            # As if it could be sold to the cent, so that whole contracts leave their residual.
            unrounded = delta + (posted - self.notional_usd * self.fee_rate) * self.coin_margin
            hedge_ratio = 1 - (unrounded - self.notional_usd) / (beta * self.book_usd)
        left = (1 - hedge_ratio) * beta + self.target_beta
        return HedgePlan(
            contract=contract,
            price_usd=self.price_usd,
            book_usd=self.book_usd,
            beta=beta,
            collateral=self.collateral,
            collateral_usd=posted,
            sold_usd=sold,
            cash_sold_usd=cash_sold,
            kept_usd=kept,
            kept_beta=delta / kept if kept > 0 else 0.0,
            exposure_usd=owned,
            hedge_ratio=hedge_ratio,
            target_beta=self.target_beta,
            notional_target_usd=size.target_usd,
            contracts_exact=size.exact,
            contracts=size.contracts,
            residual_delta_usd=owned - notional - left * self.book_usd,
            liquidation_price_usd=danger[0],
            bankruptcy_price_usd=danger[1],
            maintenance_rate=contract.maintenance_rates[0] if flat_rate is None else flat_rate,
            fee_rate=self.fee_rate,
            open_fee_usd=size.fee_usd,
            assumptions=assumptions,
        )

    def _refuse_venue_leverage(self, posted_usd: float, notional_usd: float) -> None:
        """Refuse a margin that was given where the venue allows less leverage for the size."""
        allowed, contract = self.allowed(notional_usd), self.contract
        if notional_usd * (1 / allowed + self.fee_rate) <= posted_usd * (1 + _ROUNDING):
            return
        _, least = self.within(allowed)
        fix = (
            f"post {usd(least, cents=True)} or more"
            if np.isfinite(least)
            else "use another source of margin"
        )
        leverage = notional_usd / (posted_usd - notional_usd * self.fee_rate)
        raise InfeasibleHedge(
            f"{contract.symbol} at {contract.venue} allows {allowed:.4g}x at most for a short of "
            f"{usd(notional_usd)} ({notional_usd / self.price_usd:,.6g} {contract.coin}), and "
            f"{usd(posted_usd)} of collateral makes it {leverage:.3g}x; {fix}, or hedge less",
            smallest_collateral_usd=least,
        )

    def _why_infeasible(
        self, max_leverage: float, posted_usd: float, smallest_usd: float, *, ladder: bool
    ) -> str:
        contract = self.contract
        if np.isfinite(smallest_usd):
            whose = f" that {contract.venue} sets for that size" if ladder else ""
            return (
                f"{usd(posted_usd)} of collateral puts the leverage above the cap of "
                f"{max_leverage:g}x{whose}; the smallest that keeps to it is "
                f"{usd(smallest_usd, cents=True)}"
            )
        if self.collateral == "from_portfolio":
            return (
                f"a leverage cap of {max_leverage:g}x cannot be met out of the book: with all of "
                f"it sold for {contract.coin} the short is still too large for it; raise the cap, "
                "or use stablecoin margin"
            )
        return (
            f"no amount of {contract.coin} meets a leverage cap of {max_leverage:g}x: each dollar "
            f"of bought {contract.coin} margin is a dollar more to short, so leverage is "
            "1 + hedged exposure / collateral, always above 1; raise the cap, use stablecoin "
            f"margin, or post {contract.coin} that the book holds already "
            "(collateral='from_portfolio')"
        )


def _refuse_contract(contract: ContractTerms, collateral: Collateral, max_leverage: float) -> None:
    """Refuse a contract that cannot be traded, or not with this margin or leverage."""
    if contract.kind == "linear" and collateral != "stablecoin":
        raise InvalidInput(
            f"{contract.symbol} is linear and takes stablecoin margin; "
            "set collateral='stablecoin', or choose an inverse contract"
        )
    if contract.closed:
        raise InvalidInput(f"{contract.symbol} at {contract.venue} is closed: {contract.closed}")
    if contract.max_leverage is not None and max_leverage > contract.max_leverage:
        raise InvalidInput(
            f"max_leverage must be <= {contract.max_leverage:g}, the cap of {contract.symbol}, "
            f"got {max_leverage:g}"
        )


def _assumed(
    contract: ContractTerms, collateral: Collateral, fee_rate: float | None
) -> tuple[float, list[str]]:
    """Return the fee, and what had to be assumed so far."""
    assumptions = []
    if fee_rate is None:
        fee_rate = contract.taker_fee
    if fee_rate is None:
        fee_rate = 0.0
        assumptions.append(f"the taker fee of {contract.symbol} is not verified: 0 assumed")
    (fee_rate,) = scalars(fee_rate=fee_rate)
    unified = collateral == "stablecoin" and contract.kind == "inverse"
    if contract.maintenance_basis is None or (unified and contract.maintenance_basis == "entry"):
        assumptions.append(f"{contract.symbol}: maintenance margin at the mark price assumed")
    if unified:
        assumptions.append(
            "stablecoin behind an inverse contract needs a unified account; "
            "its haircut on other assets is not counted"
        )
    return fee_rate, assumptions


def _flat_rate(
    contract: ContractTerms, contracts: float, price_usd: float, maintenance_rate: float | None
) -> tuple[float | None, str]:
    """Return the flat maintenance rate if there is one, and in words if it is assumed.

    Where the venue's is not verified, it is the contract's doubtful one at the size of the
    position, its highest for a short: the size in coins falls as the price rises.
    """
    if maintenance_rate is not None:
        return maintenance_rate, ""
    if contract.maintenance_rates:
        return None, ""
    base, slope = contract.maintenance_base_rate, contract.maintenance_slope_per_coin
    coins = contract.notional_usd(contracts, price_usd) / price_usd
    rate = ASSUMED_MAINTENANCE_RATE if base is None else base
    line = ""
    if slope:
        line = f" ({rate:.2%} and {slope:.4%} for each of {coins:,.4g} {contract.coin}, doubtful)"
        rate = min(rate + slope * coins, 1 - _ROUNDING)
    return rate, (
        f"the maintenance rate of {contract.symbol} is not verified: {rate:.2%} assumed{line}"
    )


def _danger(
    contract: ContractTerms,
    contracts: float,
    price_usd: float,
    wallet_usd: float,
    coin_margin: bool,
    maintenance_rate: float | None,
) -> tuple[float, float]:
    """Return the liquidation and the bankruptcy price."""
    wallet = wallet_usd / price_usd if coin_margin else wallet_usd
    liquidation = liquidation_price(
        contract,
        contracts,
        price_usd,
        wallet,
        maintenance_rate=maintenance_rate,
        stablecoin=not coin_margin,
    )
    multiplier = contract.multiplier
    if coin_margin:
        return liquidation, inverse_bankruptcy_price(contracts, price_usd, wallet, multiplier)
    # An inverse position with stablecoin behind it has the equity of so many coins sold.
    coin = 1 / price_usd if contract.kind == "inverse" else 1.0
    return liquidation, linear_bankruptcy_price(contracts, price_usd, wallet, multiplier * coin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebalance:
    """Size that a hedge should have after a move: made by :func:`rebalance`.

    Parameters
    ----------
    book_usd, equity_usd, target_usd : float
        After the move: value of the book, the margin left out; equity of the futures account, with
        coins, profit and funding; notional that the same rule would short now.
    change_usd : float
        Target less present notional: above zero, short more.
    """

    book_usd: float
    equity_usd: float
    target_usd: float
    change_usd: float


def rebalance(
    book_usd: float,
    beta: float,
    collateral_usd: float,
    notional_usd: float,
    move: float,
    *,
    hedge_ratio: float = 1.0,
    target_beta: float = 0.0,
    band_usd: float = 0.0,
) -> Rebalance:
    """Resize a coin-margined short after a move of the coin.

    Formula: ``N* = (h beta - target_beta) V (1 + beta r) + equity``, with ``equity = V_coll (1 + r)
    - N r``; for a hedge that was exact the change is ``h beta (beta - 1) V r``, less ``target_beta
    (beta - 1) V r``: nothing at beta 1. **Source:** dollar delta of the account is ``equity - N``,
    so the target is what is held outside times beta, plus that equity.

    Parameters
    ----------
    book_usd, beta, collateral_usd, notional_usd : float
        Before the move: value of the book, the margin left out, and its beta to the coin; coin
        margin; present short; all in USD and >= 0.
    move : float
        Return of the coin, a decimal above -1.
    hedge_ratio, target_beta : float
        As for :func:`hedge_notional`; the account is covered whole.
    band_usd : float
        A change no larger than this is not traded, >= 0.

    Raises
    ------
    InvalidInput
        A move that ruins the book or the account.

    Examples
    --------
    >>> rebalance(10_000, 1.5, 5_000, 20_000, -0.20).change_usd
    -1500.0
    """
    book_usd, beta, collateral_usd, notional_usd, move, hedge_ratio, target_beta, band_usd = (
        scalars(
            book_usd=book_usd,
            beta=beta,
            collateral_usd=collateral_usd,
            notional_usd=notional_usd,
            move=move,
            hedge_ratio=hedge_ratio,
            target_beta=target_beta,
            band_usd=(band_usd, NONNEGATIVE),
        )
    )
    book = book_usd * (1 + beta * move)
    equity = collateral_usd * (1 + move) - notional_usd * move
    if book < 0 or equity < 0:
        raise InvalidInput(
            f"a move of {move:+.0%} leaves a book of {usd(book)} and an account of "
            f"{usd(equity)}: there is nothing left to rebalance"
        )
    target = hedge_notional(book, beta, equity, hedge_ratio=hedge_ratio, target_beta=target_beta)
    change = target - notional_usd
    return Rebalance(
        book_usd=book,
        equity_usd=equity,
        target_usd=target,
        change_usd=change if abs(change) > band_usd else 0.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """The trade that turns one position into another: made by :func:`change_plan`, :func:`unwind`.

    Parameters
    ----------
    contracts, notional_usd : float
        To trade, signed: a sale is negative; size of the trade, unsigned.
    collateral_usd, fee_usd : float
        To add to the margin, below zero it can be taken out; taker fee of the trade.
    realised_coin : float
        Profit in coin that the trade books, fees left out; 0 where it only adds.
    """

    contract: ContractTerms
    contracts: float
    notional_usd: float
    collateral_usd: float
    fee_usd: float
    realised_coin: float = 0.0

    def __str__(self) -> str:
        if not self.contracts and not self.collateral_usd:
            return "nothing to do"
        verb = "buy back" if self.contracts > 0 else "sell"
        text = (
            f"{verb} {abs(self.contracts):,.10g} {self.contract.symbol} ({usd(self.notional_usd)})"
            if self.contracts
            else "no trade"
        )
        if self.collateral_usd:
            move = "add" if self.collateral_usd > 0 else "take out"
            text += f", {move} {usd(abs(self.collateral_usd))} of margin"
        return text

    def _repr_html_(self) -> str:
        words = f"{self}; fee {usd(self.fee_usd, cents=True)}"
        return f"<p class='mathjax_ignore'>{escape(words)}</p>"


def change_plan(old: HedgePlan, new: HedgePlan) -> PlanChange:
    """Find the trade from one plan to the next on the same contract, as after adding to a holding.

    Formula: contracts and collateral of `new` less those of `old`, each at its own price, with the
    profit booked where contracts are bought back. **Source:** adding $2,000 of a coin to a book
    asks for ``beta_coin x 2,000`` more of short, not for 2,000.

    Examples
    --------
    >>> eth = ContractTerms(venue="Binance COIN-M", symbol="ETHUSD_PERP", kind="inverse",
    ...                     coin="ETH", multiplier=10, settle="ETH", maintenance_basis="mark")
    >>> before = plan_hedge(10_000, 1.0, eth, 3500, collateral_usd=5_000, fee_rate=0)
    >>> after = plan_hedge(12_000, 1.0, eth, 3500, collateral_usd=6_000, fee_rate=0)
    >>> print(change_plan(before, after))
    sell 300 ETHUSD_PERP ($3,000), add $1,000 of margin
    """
    instance("old", old, HedgePlan)
    instance("new", new, HedgePlan)
    if old.contract != new.contract:
        raise InvalidInput(
            f"the plans are on {old.contract.id} and {new.contract.id}: unwind the one and place "
            "the other"
        )
    trade = new.contracts - old.contracts
    size = new.contract.notional_usd(trade, new.price_usd)
    bought = min(max(trade, 0.0), -old.contracts)
    coins = 0.0
    if bought > 0 and old.contract.kind == "inverse":
        coins = inverse_pnl_coin(-bought, old.price_usd, new.price_usd, old.contract.multiplier)
    return PlanChange(
        contract=new.contract,
        contracts=trade,
        notional_usd=size,
        collateral_usd=new.collateral_usd - old.collateral_usd,
        fee_usd=size * new.fee_rate,
        realised_coin=coins,
    )


def unwind(
    plan: HedgePlan, price_usd: float, *, share: float = 1.0, rounding: Rounding = "nearest"
) -> PlanChange:
    """Close a hedge, or a share of it: buy back contracts, not coins.

    Formula: ``-share * contracts``, whole lots; an inverse face is in USD, so the contracts sold
    are the contracts to buy whatever the price has done. The profit is booked in coin, and the
    margin set free in proportion. **Source:** closing $10,000 of 1-ETH contracts by their dollar
    value at a lower price buys too many of them and leaves a long.

    Parameters
    ----------
    price_usd, share : float
        Price at which they are bought, > 0; of the position, above 0 up to 1.
    rounding : {"nearest", "down", "up"}
        How contracts become whole.

    Examples
    --------
    >>> eth = ContractTerms(venue="Binance COIN-M", symbol="ETHUSD_PERP", kind="inverse",
    ...                     coin="ETH", multiplier=10, settle="ETH", maintenance_basis="mark")
    >>> plan = plan_hedge(50_000, 1.0, eth, 3500, collateral_usd=49_000, fee_rate=0)
    >>> trade = unwind(plan, 2975)
    >>> trade.contracts, round(trade.realised_coin, 6)
    (9900.0, 4.991597)
    """
    instance("plan", plan, HedgePlan)
    price_usd, share = scalars(price_usd=price_usd, share=share)
    if share == 0:
        raise InvalidInput("share must be above 0; unwinding nothing is not a trade")
    trade = round_contracts(-share * plan.contracts, rounding, plan.contract.lot)
    if trade > -plan.contracts:
        trade = -plan.contracts
    size = plan.contract.notional_usd(trade, price_usd)
    inverse = plan.contract.kind == "inverse"
    return PlanChange(
        contract=plan.contract,
        contracts=trade,
        notional_usd=size,
        collateral_usd=-plan.collateral_usd * (trade / -plan.contracts),
        fee_usd=size * plan.fee_rate,
        realised_coin=inverse_pnl_coin(-trade, plan.price_usd, price_usd, plan.contract.multiplier)
        if inverse
        else 0.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One contract of a hedge with several, and the book's beta to its coin.

    Parameters
    ----------
    price_usd, beta : float
        Of its coin; of the book to its coin, the other legs' coins held fixed: from one joint
        regression.
    """

    contract: ContractTerms
    price_usd: float
    beta: float


def plan_legs(
    book_usd: float,
    legs: Sequence[Leg],
    *,
    collateral: Collateral = "new_money",
    max_leverage: float = DEFAULT_MAX_LEVERAGE,
    rounding: Rounding = "nearest",
    hedge_ratio: float = 1.0,
    fee_rate: float | None = None,
    maintenance_rate: float | None = None,
) -> tuple[HedgePlan, ...]:
    """Plan a hedge with several contracts, each leg margined in its own coin.

    Formula: ``N_j = h beta_j V + C_j`` for each leg, so that ``(1 - h) beta_j V`` of each coin is
    left; out of the book all margins together are ``V h B / (B + L - 1)`` with ``B`` the sum of the
    betas, shared by beta. **Source:** wealth has the slope ``beta_j V + C_j E_j - N_j`` in the
    return of coin j.

    Parameters
    ----------
    book_usd : float
        > 0.
    legs : sequence of Leg
        One for each coin, with betas from one joint regression.
    collateral, max_leverage, rounding, hedge_ratio, fee_rate, maintenance_rate
        As for :func:`plan_hedge`; out of the book, coins are sold for margin in proportion.

    Returns
    -------
    tuple of HedgePlan
        In the order of the legs. Out of the book, each has as its book what the sales leave, and
        the hedge ratio that leaves ``(1 - h) beta_j`` of the book as it was.

    Raises
    ------
    InvalidInput
        No leg, a coin twice, or as :func:`plan_hedge`; a leg with a beta of zero or less is no
        short: leave it out and estimate the others anew.

    Examples
    --------
    >>> def perp(coin):
    ...     return ContractTerms(venue="Test", symbol=f"{coin}USD", kind="inverse", coin=coin,
    ...                          multiplier=1, settle=coin, maintenance_basis="mark")
    >>> legs = [Leg(contract=perp("BTC"), price_usd=60_000, beta=0.4),
    ...         Leg(contract=perp("ETH"), price_usd=3_000, beta=0.8)]
    >>> [plan.contracts for plan in plan_legs(10_000, legs, max_leverage=3, fee_rate=0)]
    [-6000.0, -12000.0]
    """
    one_of("collateral", collateral, _COLLATERAL)
    instance("legs", legs, Sequence)
    for i, leg in enumerate(legs):
        instance(f"legs[{i}]", leg, Leg)
    if not legs:
        raise InvalidInput("a hedge needs at least one leg")
    coins = [leg.contract.coin for leg in legs]
    if len(set(coins)) < len(coins):
        raise InvalidInput(f"each coin may have one leg, got {', '.join(coins)}")
    book_usd, max_leverage = scalars(book_usd=(book_usd, POSITIVE), max_leverage=max_leverage)
    for leg in legs:
        scalars(beta=leg.beta)
        if leg.beta <= 0:
            raise InvalidInput(
                f"the leg in {leg.contract.coin} has beta {leg.beta:g}, which is no short; "
                "leave it out and estimate the others anew"
            )
    kept, source = book_usd, collateral
    if collateral == "from_portfolio" and len(legs) > 1:
        posted = smallest_collateral(
            book_usd,
            sum(leg.beta for leg in legs),
            max_leverage,
            collateral=collateral,
            hedge_ratio=hedge_ratio,
            fee_rate=max(_fee(leg.contract, fee_rate) for leg in legs),
        )
        if max_leverage <= 1 or not posted < book_usd:
            raise InfeasibleHedge(
                f"several legs out of the book at a leverage cap of {max_leverage:g}x leave "
                "nothing to hedge but what is sold for them; raise the cap, or take one leg",
                smallest_collateral_usd=posted,
            )
        kept, source = book_usd - posted, "new_money"
        hedge_ratio = 1 - (1 - hedge_ratio) * book_usd / kept
    return tuple(
        plan_hedge(
            kept,
            leg.beta,
            leg.contract,
            leg.price_usd,
            collateral=source,
            max_leverage=max_leverage,
            hedge_ratio=hedge_ratio,
            rounding=rounding,
            fee_rate=fee_rate,
            maintenance_rate=maintenance_rate,
        )
        for leg in legs
    )


def _fee(contract: ContractTerms, fee_rate: float | None) -> float:
    return fee_rate if fee_rate is not None else contract.taker_fee or 0.0
