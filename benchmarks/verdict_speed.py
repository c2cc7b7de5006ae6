"""CPU time of one verdict and of all forecasts, against the same jump scan by a loop over statsmodels GLS.

    python benchmarks/verdict_speed.py [--smoke]

Prints CPU milliseconds a ladder on one thread (set OMP_NUM_THREADS=1). The peer, statsmodels.api.GLS, fits one gap,
run spread and shape of the curve at a time, as the scan would be written without batching; it gives the
same estimates, and only a share of its grid is timed and scaled up.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import statsmodels.api as sm

from metrics.constants import RECOMMENDED_METHOD, Constants
from metrics.decide import decide
from metrics.families import Family
from metrics.forecast import forecast_all_cuts, forecast_from_below
from metrics.generator import Design, GeneratedLadder, generate
from metrics.noise import level_noise, logit_noise
from metrics.scan import scan_jumps, smooth_families
from metrics.size_curve import SizeCurve, ratio_curve


def cpu_ms(work: Callable[[], object], repeats: int) -> float:
    """CPU milliseconds of one call, the median over repeats after one call to warm up."""
    work()
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return 1000 * float(np.median(spent))


def naive_scan(x: np.ndarray, curve: SizeCurve, families: tuple[Family, ...], every: int) -> int:
    """Fit every `every`-th cell of the grid by statsmodels GLS, priors as extra observations."""
    constants = Constants()
    on_logit, on_level = logit_noise(curve, constants), level_noise(curve, constants)
    fitted = cell = 0
    for family in families:
        covariances = on_logit if family.on_logit else on_level
        response = curve.logit if family.on_logit else curve.level
        n_functions = family.basis.shape[1] + 1
        prior = np.diag([*family.basis_variance, family.step_variance])
        for basis, mean in zip(family.basis, family.prior_mean, strict=True):
            for covariance in covariances:
                sigma = np.block(
                    [
                        [covariance, np.zeros((len(x), n_functions))],
                        [np.zeros((n_functions, len(x))), prior],
                    ]
                )
                for gap in range(len(x) - 1):
                    cell += 1
                    if cell % every:
                        continue
                    step = np.where(np.arange(len(x)) > gap, 0.5, -0.5)
                    design = np.vstack([np.column_stack([basis.T, step]), np.eye(n_functions)])
                    observed = np.append(response - mean, np.zeros(n_functions))
                    sm.GLS(observed, design, sigma=sigma).fit()
                    fitted += 1
    return cell


def report(name: str, ladder: GeneratedLadder, repeats: int) -> None:
    arguments = (ladder.x, ladder.correct_tokens, ladder.target_lengths, ladder.exact_match)
    constants = Constants(method=RECOMMENDED_METHOD)
    verdict = cpu_ms(lambda: decide(*arguments, constants=constants), repeats)
    forecast = cpu_ms(lambda: forecast_all_cuts(*arguments, seed=1, constants=constants), repeats)
    fitted = len(np.unique(ladder.x)) - 1
    one = cpu_ms(lambda: forecast_from_below(*arguments, n_fitted=fitted, seed=1, constants=constants), repeats)
    print(
        f"{name:<46} verdict {verdict:6.1f} ms   all forecasts {forecast:6.1f} ms ({forecast / one:.1f} times one of "
        f"{fitted - 2} cuts)   together {verdict + forecast:6.1f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU time of one verdict")
    parser.add_argument("--smoke", action="store_true", help="small ladders, few repeats")
    smoke = parser.parse_args().smoke
    repeats, n_items, every = (2, 200, 400) if smoke else (15, 2000, 50)
    rng = np.random.default_rng(1)
    wide = generate(rng, "line", Design(n_scales=12, n_items=n_items, length=10))
    report(f"12 scales, {n_items} items, about 10 tokens", wide, repeats)
    seeds = generate(rng, "line", Design(n_scales=9, n_items=500, length=6, n_runs=3))
    report("9 scales x 3 runs, 500 items, about 6 tokens", seeds, repeats)
    short = generate(rng, "line", Design(n_scales=6, n_items=500, length=4))
    report("6 scales, 500 items, about 4 tokens", short, repeats)

    curve = ratio_curve(wide.correct_tokens.astype(float), wide.target_lengths.astype(float))
    constants = Constants()
    gaps = np.arange(len(wide.x) - 1)
    families = smooth_families(wide.x, ("F1", "F2", "F3"), constants)
    ours = cpu_ms(lambda: scan_jumps(wide.x, curve, gaps, families, constants), repeats)
    start = time.process_time()
    cells = naive_scan(wide.x, curve, families, every)
    peer = 1000 * (time.process_time() - start) * every
    print(
        f"jump scan of the first ladder, {cells:,} fits: {ours:.1f} ms; statsmodels GLS in a loop {peer:,.0f} ms "
        f"(1 of {every} cells timed); ratio {peer / ours:,.0f}"
    )


if __name__ == "__main__":
    main()
