"""The guess of the start page, kept out of it so that no answer shows beside the question."""

from __future__ import annotations

from hedgelib._text import percent, usd
from hedgelib.workbook.prose import Prediction, predict

__all__ = ["guess_deposit"]


def guess_deposit(coins: float, price_usd: float, move: float, coin: str = "ETH") -> Prediction:
    """Ask what becomes of a deposit of coins when they fall.

    Parameters
    ----------
    coins : float
        Deposited.
    price_usd : float
        USD per coin.
    move : float
        Return of the coin, a decimal below zero.
    coin : str

    Returns
    -------
    Prediction

    Notes
    -----
    **Source:** coins times price times move.

    Examples
    --------
    >>> guess_deposit(14, 3500, -0.15).answer
    'it loses $7,350'
    """
    lost = usd(-coins * price_usd * move)
    answer = f"it loses {lost}"
    return predict(
        f"{coin} falls by {percent(-move)}. What happens to the {coin} that Alice has deposited?",
        {
            "nothing": "Not one coin is gone, true. But the question of a hedge is dollars.",
            answer: f"The coins are still hers, and each is worth {percent(-move)} less.",
            f"it gains {lost}": "The futures gain. The coins behind them are just coins.",
        },
        answer=answer,
    )
