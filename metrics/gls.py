"""Bayesian generalised least squares with one extra term, for many covariances, bases and terms at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.arrays import Floats


@dataclass(frozen=True)
class Whitener:
    """Inverse Cholesky factors of G covariance matrices.

    Attributes:
        factor: W with W V W' = I (G, S, S).
        log_determinant: log |V| (G,).
    """

    factor: Floats
    log_determinant: Floats

    @classmethod
    def of(cls, covariance: Floats) -> Whitener:
        """Factor covariance matrices (G, S, S), each positive definite."""
        lower = np.linalg.cholesky(covariance)
        log_determinant = 2 * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(1)
        return cls(np.linalg.inv(lower), log_determinant)

    def apply(self, rows: Floats) -> Floats:
        """Whiten row vectors (..., S) under every covariance: (G, ..., S)."""
        flat = rows.reshape(-1, rows.shape[-1])
        white = flat @ self.factor.transpose(0, 2, 1)
        return np.asarray(white.reshape(len(self.factor), *rows.shape))


@dataclass(frozen=True)
class Regression:
    """Posterior of the coefficients of P basis functions, for G covariances and C bases.

    Attributes:
        coefficient: Posterior mean (G, C, P).
        coefficient_covariance: Posterior covariance (G, C, P, P).
        log_evidence: Log marginal likelihood up to a constant shared by all (G, C).
        white_basis: Whitened basis (G, C, P, S).
        white_response: Whitened response (G, C, S).
    """

    coefficient: Floats
    coefficient_covariance: Floats
    log_evidence: Floats
    white_basis: Floats
    white_response: Floats


@dataclass(frozen=True)
class TermPosterior:
    """Posterior of the coefficient of one extra term, for J terms, G covariances and C bases.

    Attributes:
        mean: Posterior mean (J, G, C).
        variance: Posterior variance (J, G, C).
        log_evidence: Log marginal likelihood with the term (J, G, C).
        log_evidence_without: Log marginal likelihood without any term (G, C).
    """

    mean: Floats
    variance: Floats
    log_evidence: Floats
    log_evidence_without: Floats


def regress(response: Floats, whitener: Whitener, basis: Floats, prior_variance: Floats) -> Regression:
    """Fit response = basis' beta + noise with beta ~ N(0, prior_variance).

    Args:
        response: One response a basis (C, S), or (1, S) for one shared by all.
        whitener: Noise covariances (G, S, S), factored.
        basis: Basis functions (C, P, S).
        prior_variance: Prior variances of the coefficients (P,).

    Returns:
        The posterior of the coefficients and the evidence.
    """
    white_basis = whitener.apply(basis)
    white_response = whitener.apply(np.broadcast_to(response, (len(basis), response.shape[-1])))
    precision = _products(white_basis) + np.diag(1 / prior_variance)
    inverse, log_determinant = _invert(precision)
    moment = np.einsum("gcps,gcs->gcp", white_basis, white_response)
    coefficient = np.einsum("gcpq,gcq->gcp", inverse, moment)
    residual = np.einsum("gcs,gcs->gc", white_response, white_response) - (moment * coefficient).sum(-1)
    log_evidence = (
        -0.5 * residual
        - 0.5 * whitener.log_determinant[:, None]
        - 0.5 * log_determinant
        - 0.5 * np.log(prior_variance).sum()
    )
    return Regression(coefficient, inverse, log_evidence, white_basis, white_response)


@dataclass(frozen=True)
class TwoTerms:
    """Posterior of two coefficients, the second on one of C shapes, for G covariances.

    Attributes:
        coefficient: Posterior mean (G, C, 2).
        coefficient_covariance: Posterior covariance (G, C, 2, 2).
        log_evidence: Log marginal likelihood up to a constant shared by all (G, C).
    """

    coefficient: Floats
    coefficient_covariance: Floats
    log_evidence: Floats


def regress_two(
    response: Floats, whitener: Whitener, shapes: Floats, prior_mean: tuple[float, float], prior_variance: Floats
) -> TwoTerms:
    """Fit response = first + second * shape + noise: `regress` for a constant and one shape, at a third of its cost.

    Args:
        response: The response (S,).
        whitener: Noise covariances (G, S, S), factored.
        shapes: Shapes (C, S).
        prior_mean: Prior means of the two coefficients; what is returned is the deviation from them.
        prior_variance: Prior variances of the two coefficients (2,).

    Returns:
        The posterior of the deviations and the evidence.
    """
    ones = whitener.factor.sum(-1)
    white = shapes @ whitener.factor.transpose(0, 2, 1)
    rest = whitener.factor @ response - prior_mean[0] * ones
    across, squared = np.einsum("gcs,gs->gc", white, ones), np.einsum("gcs,gcs->gc", white, white)
    along = np.einsum("gcs,gs->gc", white, rest)
    moment = np.stack(
        [(rest * ones).sum(-1)[:, None] - prior_mean[1] * across, along - prior_mean[1] * squared], axis=-1
    )
    total = (rest**2).sum(-1)[:, None] - 2 * prior_mean[1] * along + prior_mean[1] ** 2 * squared
    precision = np.empty((*squared.shape, 2, 2))
    precision[..., 0, 0] = (ones**2).sum(-1)[:, None] + 1 / prior_variance[0]
    precision[..., 0, 1] = precision[..., 1, 0] = across
    precision[..., 1, 1] = squared + 1 / prior_variance[1]
    inverse, log_determinant = _invert(precision)
    coefficient = np.stack(
        [
            inverse[..., 0, 0] * moment[..., 0] + inverse[..., 0, 1] * moment[..., 1],
            inverse[..., 1, 0] * moment[..., 0] + inverse[..., 1, 1] * moment[..., 1],
        ],
        axis=-1,
    )
    log_evidence = (
        -0.5 * (total - (moment * coefficient).sum(-1))
        - 0.5 * whitener.log_determinant[:, None]
        - 0.5 * log_determinant
        - 0.5 * np.log(prior_variance).sum()
    )
    return TwoTerms(coefficient, inverse, log_evidence)


def add_term(fit: Regression, whitener: Whitener, terms: Floats, prior_variance: float) -> TermPosterior:
    """Posterior of the coefficient of each extra term (J, S), one at a time, with prior N(0, prior_variance)."""
    white_terms = whitener.apply(terms)
    shape = fit.white_basis.shape
    terms_last = white_terms.transpose(0, 2, 1)
    cross = (fit.white_basis.reshape(shape[0], -1, shape[3]) @ terms_last).reshape(*shape[:3], -1)
    precision = (white_terms**2).sum(-1)[:, None, :] + 1 / prior_variance
    moment = fit.white_response @ terms_last
    for p in range(shape[2]):
        weighted = sum(fit.coefficient_covariance[:, :, p, q, None] * cross[:, :, q] for q in range(shape[2]))
        precision = precision - cross[:, :, p] * weighted
        moment = moment - fit.coefficient[:, :, p, None] * cross[:, :, p]
    mean = moment / precision
    log_evidence = (
        fit.log_evidence[..., None] + 0.5 * moment * mean - 0.5 * np.log(precision) - 0.5 * np.log(prior_variance)
    )
    return TermPosterior(_terms_first(mean), _terms_first(1 / precision), _terms_first(log_evidence), fit.log_evidence)


def _terms_first(values: Floats) -> Floats:
    return np.ascontiguousarray(np.moveaxis(values, -1, 0))


def _products(basis: Floats) -> Floats:
    """Inner products of the P whitened basis functions (G, C, P, P), by columns: P is 2 or 3."""
    n_functions = basis.shape[2]
    products = np.empty((*basis.shape[:2], n_functions, n_functions))
    for p in range(n_functions):
        for q in range(p, n_functions):
            products[:, :, p, q] = np.einsum("gcs,gcs->gc", basis[:, :, p], basis[:, :, q])
            products[:, :, q, p] = products[:, :, p, q]
    return products


def _invert(matrix: Floats) -> tuple[Floats, Floats]:
    """Inverse and log determinant of positive definite matrices (..., P, P); P = 2 in closed form."""
    if matrix.shape[-1] != 2:
        return np.asarray(np.linalg.inv(matrix), np.float64), np.asarray(np.linalg.slogdet(matrix)[1])
    determinant = matrix[..., 0, 0] * matrix[..., 1, 1] - matrix[..., 0, 1] ** 2
    inverse = np.empty_like(matrix)
    inverse[..., 0, 0] = matrix[..., 1, 1] / determinant
    inverse[..., 1, 1] = matrix[..., 0, 0] / determinant
    inverse[..., 0, 1] = inverse[..., 1, 0] = -matrix[..., 0, 1] / determinant
    return inverse, np.log(determinant)
