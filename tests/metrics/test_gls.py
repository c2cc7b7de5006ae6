from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from metrics.gls import Whitener, add_term, regress, regress_two

VAGUE = 1e10


@pytest.fixture
def problem():
    rng = np.random.default_rng(1)
    size = 9
    root = rng.normal(size=(2, size, size))
    covariance = root @ root.transpose(0, 2, 1) / size + 0.1 * np.eye(size)
    x = np.linspace(-1, 1, size)
    basis = np.stack([np.stack([np.ones(size), x]), np.stack([np.ones(size), x**3])])
    term = np.where(x > 0.1, 0.5, -0.5)[None]
    return rng.normal(size=size), covariance, basis, term


def test_term_equals_statsmodels_gls(problem):
    """With vague priors the posterior of every term is the GLS estimate with known covariance."""
    response, covariance, basis, term = problem
    whitener = Whitener.of(covariance)
    fit = regress(response[None], whitener, basis, np.full(2, VAGUE))
    found = add_term(fit, whitener, term, VAGUE)
    for g in range(2):
        for c in range(2):
            design = np.column_stack([basis[c].T, term[0]])
            theirs = sm.GLS(response, design, sigma=covariance[g]).fit()
            variance = theirs.normalized_cov_params[2, 2]
            assert found.mean[0, g, c] == pytest.approx(theirs.params[2], rel=1e-6)
            assert found.variance[0, g, c] == pytest.approx(variance, rel=1e-6)


def test_coefficients_equal_statsmodels_gls(problem):
    response, covariance, basis, _ = problem
    fit = regress(response[None], Whitener.of(covariance), basis, np.full(2, VAGUE))
    theirs = sm.GLS(response, basis[1].T, sigma=covariance[0]).fit()
    np.testing.assert_allclose(fit.coefficient[0, 1], theirs.params, rtol=1e-6)
    np.testing.assert_allclose(fit.coefficient_covariance[0, 1], theirs.normalized_cov_params, rtol=1e-6)


def test_evidence_is_the_marginal_likelihood(problem):
    """Integrating the coefficients out leaves a normal density with covariance V + B' P B (+ t t' p)."""
    from scipy.stats import multivariate_normal

    response, covariance, basis, term = problem
    prior, term_prior = np.array([25.0, 16.0]), 9.0
    whitener = Whitener.of(covariance)
    fit = regress(response[None], whitener, basis, prior)
    found = add_term(fit, whitener, term, term_prior)
    constant = 0.5 * len(response) * np.log(2 * np.pi)
    for g in range(2):
        for c in range(2):
            marginal = covariance[g] + basis[c].T @ np.diag(prior) @ basis[c]
            without = multivariate_normal(np.zeros(9), marginal).logpdf(response)
            assert found.log_evidence_without[g, c] == pytest.approx(without + constant, abs=1e-8)
            marginal = marginal + term_prior * np.outer(term[0], term[0])
            with_term = multivariate_normal(np.zeros(9), marginal).logpdf(response)
            assert found.log_evidence[0, g, c] == pytest.approx(with_term + constant, abs=1e-8)


def test_three_basis_functions_agree_with_two_and_a_term(problem):
    response, covariance, basis, term = problem
    whitener = Whitener.of(covariance)
    wide = np.concatenate([basis, np.broadcast_to(term, (2, 1, 9))], axis=1)
    three = regress(response[None], whitener, wide, np.array([25.0, 16.0, 9.0]))
    two = regress(response[None], whitener, basis, np.array([25.0, 16.0]))
    found = add_term(two, whitener, term, 9.0)
    np.testing.assert_allclose(three.coefficient[..., 2], found.mean[0], rtol=1e-9)
    np.testing.assert_allclose(three.log_evidence, found.log_evidence[0], rtol=1e-9)


def test_two_terms_are_the_general_regression():
    rng = np.random.default_rng(5)
    root = rng.normal(size=(3, 7, 7))
    whitener = Whitener.of(root @ root.transpose(0, 2, 1) + np.eye(7))
    shapes, response = rng.normal(size=(11, 7)), rng.normal(size=7)
    mean, variance = (0.15, 0.6), np.array([0.09, 0.25])
    basis = np.stack([np.ones_like(shapes), shapes], 1)
    general = regress(response - mean[0] - mean[1] * shapes, whitener, basis, variance)
    found = regress_two(response, whitener, shapes, mean, variance)
    np.testing.assert_allclose(found.coefficient, general.coefficient, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.coefficient_covariance, general.coefficient_covariance, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.log_evidence, general.log_evidence, rtol=1e-9)
