"""The wrong models: what each is called, what a student is told, and the lesson that mends it.

A source notebook names the model beside the number that it gives. The same model may give other
numbers in other questions, which is how a class page can say what to teach again.
"""

from __future__ import annotations

from dataclasses import dataclass

from hedgelib.errors import InvalidInput

__all__ = ["MODELS", "WrongModel", "wrong_model"]


@dataclass(frozen=True, slots=True)
class WrongModel:
    """A way to be wrong that has a reason.

    Parameters
    ----------
    title : str
        In a few words, for charts and tables.
    says : str
        What the student is told, a sentence or two.
    lesson : str
        Number of the lesson, ``"02"``.
    """

    title: str
    says: str
    lesson: str


_TABLE = {
    "02": {
        "contract_is_coin": (
            "a contract taken for a coin",
            "You have counted coins. An inverse contract is a fixed number of dollars, its face.",
        ),
        "contract_is_dollar": (
            "a contract taken for a dollar",
            "You have counted dollars. How many dollars is one contract?",
        ),
        "face_left_out": (
            "face of a contract left out",
            "You have counted contracts as if each were one dollar.",
        ),
        "coin_at_entry": (
            "coins reckoned at the old price",
            "You have turned dollars into coins at the old price. Each payment is made at the "
            "price of its hour.",
        ),
        "dollars_for_coins": ("dollars in place of coins", "That is in dollars, not in coins."),
        "coins_for_dollars": ("coins in place of dollars", "That is in coins, not in dollars."),
        "sign_of_short": (
            "sign of a short turned",
            "A short gains when the price falls and loses when it rises.",
        ),
        "sign_ignored": (
            "long and short treated alike",
            "You have treated a long and a short alike. `contracts` has a sign.",
        ),
        "arithmetic_average": (
            "ordinary mean of prices",
            "That is the mean of a linear contract. Coins add up, prices do not: all dollars over "
            "all coins.",
        ),
        "plain_mean": (
            "mean without the sizes",
            "You have given each sale the same weight, and taken the mean of prices, not of coins.",
        ),
        "upside_down": ("fraction upside down", "You have the fraction upside down."),
        "pnl_is_straight": (
            "profit in coins taken for a straight line",
            "In dollars the profit is a straight line. In coins it is a curve, since a dollar is "
            "not always as many coins.",
        ),
        "compounding_for_convexity": (
            "compounding in place of convexity",
            "Both moves start from the same price, so nothing compounds.",
        ),
        "rounds_down": (
            "rounded down",
            "You have cut off the fraction. The nearest whole number leaves less over.",
        ),
        "sign_turned": ("sign turned", "The size is right, the sign is turned."),
        "percent_for_decimal": (
            "percent and decimal mixed up",
            "You are off by a factor of one hundred: percent and decimal.",
        ),
        "one_trade": ("one trade of two", "There are two trades, and each costs."),
    },
    "03": {
        "beta_left_out": (
            "beta left out",
            "You have counted dollars as if each coin moved exactly like ETH.",
        ),
        "plain_mean_of_betas": (
            "mean of betas without weights",
            "You have taken the plain mean of the betas. Each coin weighs what it is worth.",
        ),
        "leverage_multiplies_profit": (
            "leverage multiplies profit",
            "Profit is size times move. Leverage only says how much margin stands behind it.",
        ),
        "profit_on_margin": (
            "profit reckoned on the margin",
            "What earns is the size of the short, not the margin behind it.",
        ),
        "margin_mixed_with_short": (
            "loss of the margin taken from the short",
            "What the margin loses it loses with or without the short, whose own profit stays.",
        ),
    },
    "04": {
        "collateral_left_out": (
            "margin's own risk left out",
            "Bought ETH in the margin moves with ETH too, and has to be hedged as well.",
        ),
        "collateral_times_beta": (
            "margin multiplied by the book's beta",
            "The margin is ETH: its beta to ETH is 1, whatever that of the book is.",
        ),
        "collateral_subtracted": (
            "margin subtracted",
            "The margin adds to what must be hedged; it does not take from it.",
        ),
        "collateral_twice": (
            "margin counted twice",
            "You have added the margin to a book that it came out of.",
        ),
        "sold_coins_still_hedged": (
            "sold coins still hedged",
            "The dollars that changed from a coin into ETH have another beta now.",
        ),
        "stablecoin_margin": (
            "margin as for stablecoins",
            "That would do for a margin that does not move. Bought ETH needs a hedge of its own.",
        ),
        "margin_out_of_book": (
            "margin out of the book",
            "That would come out of the book. Here all the altcoins stay.",
        ),
        "size_for_margin": (
            "size in place of margin",
            "That is the short. Only a part of it has to be posted.",
        ),
        "bankruptcy_for_liquidation": (
            "bankruptcy in place of liquidation",
            "There the margin is gone altogether. The venue closes a little earlier.",
        ),
        "entry_maintenance": (
            "maintenance reckoned at the entry price",
            "You have reckoned maintenance at the entry price. This venue takes the mark price.",
        ),
        "long_liquidation": (
            "liquidation of a long",
            "That is where a long would end. A short is liquidated by a rise.",
        ),
        "linear_liquidation": (
            "liquidation of a linear contract",
            "That would be a short with dollars for margin. Here the margin is ETH, and rises too.",
        ),
        "one_over_leverage": (
            "one over the leverage",
            "One over the leverage is neither bankruptcy nor liquidation of an inverse short.",
        ),
        "ratio_for_rise": (
            "price ratio in place of the rise",
            "That is the new price as a share of the old. How much is the rise?",
        ),
        "margin_alone": ("the margin alone", "That is the margin alone. What has the short done?"),
    },
    "05": {
        "funding_sign": (
            "sign of funding turned",
            "At a rate above zero longs pay shorts, and below zero shorts pay longs.",
        ),
        "funding_is_a_cost": (
            "funding taken for a cost of hedging",
            "Funding has no fixed sign. At a rate above zero the short receives it.",
        ),
        "funding_is_rent": (
            "funding taken for rent on leverage",
            "Funding goes from one side to the other by the size of positions; margin has no part "
            "in it.",
        ),
        "funding_never_turns": (
            "rates below zero counted as above",
            "One of the rates is below zero, and there the payment goes the other way.",
        ),
        "funding_on_margin": (
            "funding reckoned on the margin",
            "Funding is paid on the size of the position, whatever the margin is.",
        ),
        "one_settlement_a_day": (
            "one settlement a day",
            "There are three settlements a day at intervals of 8 hours.",
        ),
        "single_settlement": (
            "a single settlement",
            "That is one settlement, or their mean. They add up.",
        ),
        "eight_hours_assumed": (
            "intervals of 8 hours assumed",
            "That is right for a rate of 8 hours. This venue settles more often.",
        ),
        "compounded": (
            "compounded",
            "That is compounded. An inverse short is paid on a fixed number of dollars.",
        ),
        "by_the_day": ("by the day, not by the year", "That is by the day."),
        "basis_rule_of_thumb": (
            "rule of thumb for the basis",
            "That is the rule of thumb. Now with the two prices of the contract.",
        ),
        "basis_at_contract_price": (
            "coins valued at the contract's price",
            "You have valued the coins at the price of the contract. They are sold at spot.",
        ),
        "premium_left_out": (
            "the first premium left out",
            "You have left out the premium at which you sold.",
        ),
        "slippage_left_out": ("slippage left out", "You have left out the slippage."),
        "hours_for_settlements": (
            "hours and settlements mixed up",
            "You have mixed up hours, settlements and days.",
        ),
        "linear_in_time": (
            "swing in proportion to time",
            "Your swing grows with time. Independent moves add up with the root of time.",
        ),
        "one_day": ("the swing of one day", "That is the swing of one day."),
    },
    "06": {
        "price_levels": (
            "regression of price levels",
            "You have drawn a line through prices. Two prices that both rise always look related; "
            "take returns.",
        ),
        "dollar_changes": (
            "changes in dollars",
            "You have taken changes in dollars. That gives coins for a book, not dollars for a "
            "dollar.",
        ),
        "ddof_mixed": (
            "n and n − 1 mixed",
            "Your covariance is divided by n − 1 and your variance by n. `np.cov` and `np.var` do "
            "that if you let them.",
        ),
        "volatility_ratio": (
            "beta taken for a ratio of volatilities",
            "That is how much more the book moves. Beta also asks how far it moves along.",
        ),
        "correlation_for_beta": (
            "beta taken for the correlation",
            "Correlation says how closely two go together, not how far.",
        ),
        "regressed_the_other_way": (
            "ETH regressed on the book",
            "That is the beta of ETH to the book.",
        ),
        "log_returns": (
            "logarithmic returns",
            "Those are logarithmic returns. The profit of a hedge is a straight line in simple "
            "ones.",
        ),
        "one_side_of_interval": (
            "one side of the interval",
            "That is to one side. The error goes both ways.",
        ),
        "one_error": ("one standard error", "That is one standard error to each side."),
        "beta_for_dollars": (
            "width of beta, not of dollars",
            "That is the width of beta. How large is the book?",
        ),
        "short_for_width": (
            "the short in place of its uncertainty",
            "That is the short itself. How uncertain is it?",
        ),
        "more_is_safer": (
            "a wrong size taken to do no harm",
            "A short of another size removes less than the best one does.",
        ),
        "effect_in_proportion": (
            "effect in proportion to the size",
            "You have taken the effect to be in proportion to the size. The curve is not straight.",
        ),
        "effect_squared": (
            "effect as the square of the size",
            "That is the square of the size. The formula has another part.",
        ),
        "harm_in_proportion": (
            "harm in proportion to the surplus",
            "The harm of a surplus grows with its square, not in proportion.",
        ),
        "perfect_hedge": (
            "the best hedge taken to be perfect",
            "That would be so if the best short removed everything. It removes R².",
        ),
        "variance_for_volatility": (
            "variance in place of volatility",
            "That is variance. Swings are measured by its root.",
        ),
        "what_is_left": (
            "what is left in place of what is gone",
            "That is how much of the volatility is left.",
        ),
        "root_of_r2": (
            "root of what is removed",
            "You have taken the root of what was removed. Take that of what is left.",
        ),
        "whole_book_in_one_leg": (
            "the whole book in one leg",
            "You have shorted the whole book in ETH. What is its beta to ETH?",
        ),
        "both_betas_in_one_leg": (
            "both betas in one leg",
            "You have added both betas. BTC has a leg of its own.",
        ),
    },
    "07": {
        "short_counted_as_loss": (
            "profit of the short counted as a loss",
            "A short gains in a fall. You have counted it as one more loss.",
        ),
        "book_only": ("the book alone", "That is the altcoins alone."),
        "margin_and_short_only": (
            "margin and short alone",
            "That is margin and short alone. What do the altcoins do?",
        ),
        "margin_is_a_deposit": (
            "margin taken for a deposit",
            "Margin is hers, and what it is worth counts, in a rise as in a fall.",
        ),
    },
    "01": {
        "hedge_is_insurance": (
            "a hedge taken for an insurance",
            "A short takes away the rise as well as the fall. An insurance would cost a premium.",
        ),
    },
    "08": {
        "resized_by_book_alone": (
            "resized by the book alone",
            "You have resized by the book alone. What has the account won meanwhile?",
        ),
        "all_that_was_lost": (
            "resized by all that was lost",
            "That is what the book has lost. Only a part of it is to be traded.",
        ),
        "one_beta_missing": (
            "one beta missing",
            "The loss of the book enters with beta once more.",
        ),
        "close_by_notional": (
            "closed by dollars at the old price",
            "You have let the face move with the price, as a contract of one coin does. Inverse "
            "contracts are closed by their count.",
        ),
        "face_moves_with_price": (
            "face moving with the price",
            "You have moved the count along with the price. An inverse face stays what it is.",
        ),
    },
}

MODELS: dict[str, WrongModel] = {
    name: WrongModel(title, says, lesson)
    for lesson, models in _TABLE.items()
    for name, (title, says) in models.items()
}
"""Every wrong model by the name that the sources use."""


def wrong_model(name: str) -> WrongModel:
    """Find a wrong model.

    Parameters
    ----------
    name : str

    Returns
    -------
    WrongModel

    Raises
    ------
    InvalidInput
        No such model: the source must name one that is in the list, or the list grow.
    """
    if name not in MODELS:
        raise InvalidInput(f"no wrong model {name!r}; add it to hedgelib/classroom/models.py")
    return MODELS[name]
