"""How often a customer will come back and what an order is worth: the mathematics only.

BG/NBD: Fader, Hardie, Lee (2005), "Counting Your Customers the Easy Way". While alive a customer
buys at rate lambda ~ Gamma(r, alpha); after each purchase he leaves with chance p ~ Beta(a, b).
Gamma-Gamma: Fader, Hardie (2013), "The Gamma-Gamma Model of Monetary Value".

Symbols: x repeat purchases, t_x time of the last one, T time observed, both since the first
purchase and in any one unit. Both fits maximise the exact likelihood by L-BFGS on the logarithms of
the parameters with the analytic gradient, on the distinct (x, t_x, T) only.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import numpy as np
from scipy.optimize import minimize
from scipy.special import betaincinv, betaln, digamma, expit, gammaln, hyp2f1

from zhiyin.insight.contract import Floats, NotEnoughHistoryError
from zhiyin.insight.threads import one_thread


class Purchases(NamedTuple):
    """One entry a customer: repeats x, time of the last t_x, time observed T."""

    x: Floats
    t_x: Floats
    T: Floats


class BgNbd(msgspec.Struct, frozen=True):
    """Fitted parameters; time in the unit of the data they were fitted on."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = 0.0

    def p_alive(self, seen: Purchases) -> Floats:
        x, t_x, watched = seen
        log_odds_gone = np.log(self.a / np.maximum(self.b + x - 1, 1e-12)) + (self.r + x) * (
            np.log(self.alpha + watched) - np.log(self.alpha + t_x)
        )
        return np.asarray(np.where(x > 0, expit(-log_odds_gone), 1.0))

    def expected_purchases(self, seen: Purchases, t: float) -> Floats:
        """E[purchases in (T, T + t]]: equation 10 of the paper.

        The hypergeometric function is taken after Euler's transformation,
        2F1(A, B; C; z) = (1 - z)^(C-A-B) 2F1(C-A, C-B; C; z): the huge and the tiny factor of the
        printed form cancel on paper, and a customer with 500 purchases does not overflow.
        """
        x, _, watched = seen
        # the limit a -> 1 exists, the formula has 0/0 there
        a = self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6
        c = a + self.b + x - 1
        z = t / (self.alpha + watched + t)
        with np.errstate(over="ignore", invalid="ignore"):
            tail = (1 - z) ** (a - 1) * hyp2f1(a + self.b - 1 - self.r, a - 1, c, z)
            alive = c / (a - 1) * (1 - tail)
        lost = ~np.isfinite(alive)
        if lost.any():
            alive[lost] = self._averaged(x[lost], watched[lost], t)
        return np.asarray(np.maximum(alive, 0.0) * self.p_alive(seen))

    def _averaged(self, x: Floats, watched: Floats, t: float) -> Floats:
        """E[purchases | alive] where the hypergeometric function leaves the range of a double.

        Given p it is (1 - ((alpha+T) / (alpha+T+pt))^(r+x)) / p; the mean over p ~ Beta(a, b+x) is
        taken at the middles of 200 equal shares of its distribution.
        """
        shares = (np.arange(200) + 0.5) / 200
        p = np.maximum(betaincinv(self.a, self.b + x[:, None], shares[None, :]), 1e-9)
        growth = np.log1p(p * t / (self.alpha + watched)[:, None])
        return np.asarray(np.mean(-np.expm1(-(self.r + x)[:, None] * growth) / p, axis=1))

    def p_next_within(self, seen: Purchases, t: Floats | float) -> Floats:
        """P(the next purchase comes within t | alive): Pareto, as lambda is Gamma(r+x, alpha+T)."""
        base = self.alpha + seen.T
        return np.asarray(1 - (base / (base + t)) ** (self.r + seen.x))

    def p_buys(self, seen: Purchases, t: Floats | float) -> Floats:
        """P(at least one purchase in (T, T + t])."""
        return self.p_alive(seen) * self.p_next_within(seen, t)

    def simulate(self, seen: Purchases, t: float, draws: int, rng: np.random.Generator) -> Floats:
        """Purchases in (T, T + t], drawn from the exact posterior: one row a customer.

        The posterior of (lambda, p) is a mixture: alive, Gamma(r+x, alpha+T) x Beta(a, b+x); or
        gone after the last purchase (then nothing follows). An alive customer buys min(Poisson,
        Geometric) times: those that the rate allows, up to the purchase after which he leaves.
        """
        shape = (len(seen.x), draws)
        x, watched = seen.x[:, None], seen.T[:, None]
        alive = rng.random(shape) < self.p_alive(seen)[:, None]
        rate = rng.standard_gamma(np.broadcast_to(self.r + x, shape)) / (self.alpha + watched)
        leave = rng.beta(self.a, np.broadcast_to(self.b + x, shape))
        wanted = rng.poisson(np.minimum(rate * t, 1e9))
        until = rng.geometric(np.clip(leave, 1e-12, 1.0))
        return np.asarray(np.where(alive, np.minimum(wanted, until), 0), dtype=np.float64)


def _distinct(seen: Purchases) -> tuple[Purchases, Floats]:
    """The distinct entries in a fixed order, and how many customers share each."""
    order = np.lexsort((seen.T, seen.t_x, seen.x))
    x, t_x, watched = (np.asarray(v, dtype=np.float64)[order] for v in seen)
    changes = (np.diff(x) != 0) | (np.diff(t_x) != 0) | (np.diff(watched) != 0)
    first = np.flatnonzero(np.r_[True, changes])
    counts = np.diff(np.r_[first, len(x)]).astype(np.float64)
    return Purchases(x[first], t_x[first], watched[first]), counts


def _maximised(
    loss: Callable[[Floats], tuple[float, Floats]],
    start: list[float],
    bounds: list[tuple[float, float]],
) -> tuple[Floats, float]:
    """The parameters where `loss` (of their logarithms) is least, and that least loss."""
    with one_thread():
        found = minimize(
            loss,
            np.log(start),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-7},
        )
    return np.exp(found.x), float(found.fun)


def fit_bgnbd(seen: Purchases) -> BgNbd:
    """The maximum-likelihood parameters.

    Raises NotEnoughHistoryError where nobody came back: then the rate is unknowable.
    """
    if len(seen.x) < 10 or not np.any(seen.x > 0):
        raise NotEnoughHistoryError("BG/NBD needs at least ten customers and one repeat purchase")
    scale = float(np.max(seen.T))  # the search is well conditioned on a unit time scale
    (x, t_x, watched), n = _distinct(seen)
    t_x, watched = t_x / scale, watched / scale
    total = float(n.sum())
    # gamma functions depend on x alone, and there are few distinct x
    xs, at = np.unique(x, return_inverse=True)
    n_xs = np.bincount(at, weights=n)
    back = x > 0
    n_back = np.flatnonzero(back)
    x_b, t_b, n_b = x[n_back], t_x[n_back], n[n_back]

    def loss(theta: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = np.exp(theta)
        # ln A1 + ln A2 + ln[(alpha+T)^-(r+x) + 1{x>0} a/(b+x-1) (alpha+t_x)^-(r+x)]
        by_x = gammaln(r + xs) - gammaln(r) + r * np.log(alpha) + betaln(a, b + xs) - betaln(a, b)
        log_w = np.log(alpha + watched)
        alive = -(r + x) * log_w
        log_t = np.log(alpha + t_b)
        gone = np.log(a) - np.log(b + x_b - 1) - (r + x_b) * log_t
        last = alive.copy()
        last[n_back] = np.logaddexp(alive[n_back], gone)
        value = float(n_xs @ by_x + n @ last)

        p_gone = np.exp(gone - last[n_back])
        p_alive = np.ones_like(x)
        p_alive[n_back] = 1 - p_gone
        n_alive, n_gone = n * p_alive, n_b * p_gone
        psi_ab, psi_abx = digamma(a + b), digamma(a + b + xs)
        g_r = n_xs @ (digamma(r + xs) - digamma(r) + np.log(alpha))
        g_r += -(n_alive @ log_w) - n_gone @ log_t
        g_alpha = total * r / alpha
        g_alpha += -(n_alive @ ((r + x) / (alpha + watched))) - n_gone @ ((r + x_b) / (alpha + t_b))
        g_a = n_xs @ (psi_ab - psi_abx) + n_gone.sum() / a
        g_b = n_xs @ (digamma(b + xs) - psi_abx - digamma(b) + psi_ab)
        g_b += -(n_gone @ (1 / (b + x_b - 1)))
        gradient = np.array([g_r * r, g_alpha * alpha, g_a * a, g_b * b])
        return -value / total, -gradient / total

    # the bounds keep degenerate data finite: nobody ever leaves, or all with the same chance
    bounds: list[tuple[float, float]] = [(-10, 6), (-12, 12), (-10, 4), (-6, 8)]
    (r, alpha, a, b), least = _maximised(loss, [1.0, 0.5, 1.0, 2.0], bounds)
    # likelihood in the caller's unit: each repeat purchase carries a density of 1/time
    in_unit = float(-least * total - (n @ x) * np.log(scale))
    return BgNbd(float(r), float(alpha * scale), float(a), float(b), in_unit)


class GammaGamma(msgspec.Struct, frozen=True):
    """Value of one purchase: z ~ Gamma(p, nu) within a customer, nu ~ Gamma(q, gamma) between."""

    p: float
    q: float
    gamma: float
    correlation: float = 0.0

    def expected_value(self, count: Floats, mean: Floats) -> Floats:
        """E[value of a purchase | count purchases with this mean]: customer and all, weighted."""
        q = max(self.q, 1.0 + 1e-6)  # for q <= 1 the population mean does not exist
        return np.asarray(self.p * (self.gamma + count * mean) / (self.p * count + q - 1))

    def simulate(
        self, count: Floats, mean: Floats, purchases: Floats, rng: np.random.Generator
    ) -> Floats:
        """The sum of `purchases` (customers x draws) future purchases, from the posterior."""
        shape = np.broadcast_to((self.p * count + self.q)[:, None], purchases.shape)
        nu = rng.standard_gamma(shape) / (self.gamma + count * mean)[:, None]
        spent = rng.standard_gamma(self.p * purchases)
        return np.asarray(np.where(purchases > 0, spent / np.maximum(nu, 1e-300), 0.0))


def fit_gamma_gamma(count: Floats, mean: Floats) -> GammaGamma:
    """Maximum likelihood over customers with a positive mean value.

    `correlation` between count and mean is kept, because the model assumes that there is none.
    """
    use = (mean > 0) & (count > 0)
    if int(use.sum()) < 10:
        raise NotEnoughHistoryError(
            "Gamma-Gamma needs at least ten customers with a positive value"
        )
    scale = float(np.mean(mean[use]))
    x, m = count[use], mean[use] / scale
    total = float(len(x))
    xs, at = np.unique(x, return_inverse=True)
    n_xs = np.bincount(at).astype(np.float64)
    log_m, log_x = np.log(m), np.log(x)

    def loss(theta: Floats) -> tuple[float, Floats]:
        p, q, g = np.exp(theta)
        log_g = np.log(g + x * m)
        gammas = n_xs @ (gammaln(p * xs + q) - gammaln(p * xs)) - total * gammaln(q)
        value = gammas + total * q * np.log(g)
        value += (p * x - 1) @ log_m + (p * x) @ log_x - (p * x + q) @ log_g
        psi = digamma(p * xs + q)
        g_p = n_xs @ (xs * (psi - digamma(p * xs))) + x @ (log_m + log_x - log_g)
        g_q = n_xs @ psi + total * (np.log(g) - digamma(q)) - log_g.sum()
        g_g = total * q / g - ((p * x + q) / (g + x * m)).sum()
        return -float(value) / total, -np.array([g_p * p, g_q * q, g_g * g]) / total

    (p, q, g), _ = _maximised(loss, [1.0, 2.0, 1.0], [(-8, 12)] * 3)
    spread = float(np.std(x)) * float(np.std(m))
    rho = float(np.mean((x - x.mean()) * (m - m.mean())) / spread) if spread > 0 else 0.0
    return GammaGamma(float(p), float(q), float(g * scale), rho)
