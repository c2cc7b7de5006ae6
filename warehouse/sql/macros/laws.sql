-- Scaling laws: loss in nats a token that a law predicts. Their constants are in the table fact_law, with the source of each.

-- A constant of a published law, from the table fact_law. law: kaplan or chinchilla.
CREATE OR REPLACE MACRO law_constant(law_name, constant_name) AS
    (SELECT max(f.value) FROM fact_law AS f WHERE f.law = law_name AND f.constant = constant_name);

-- Kaplan et al. 2020, arXiv:2001.08361, equation 1.5. n: non-embedding parameters; d: training tokens.
CREATE OR REPLACE MACRO kaplan_loss(n, d) AS
    pow(
        pow(law_constant('kaplan', 'n_c') / n, law_constant('kaplan', 'alpha_n') / law_constant('kaplan', 'alpha_d'))
            + law_constant('kaplan', 'd_c') / d,
        law_constant('kaplan', 'alpha_d')
    );

-- The same law where compute is spent optimally, equation 1.3. c: training FLOPs.
CREATE OR REPLACE MACRO kaplan_optimal_loss(c) AS
    pow(law_constant('kaplan', 'c_c') / c, law_constant('kaplan', 'alpha_c'));

-- Hoffmann et al. 2022, arXiv:2203.15556, equation 10 (approach 3). n: parameters; d: training tokens.
CREATE OR REPLACE MACRO chinchilla_loss(n, d) AS
    law_constant('chinchilla', 'e') + law_constant('chinchilla', 'a') / pow(n, law_constant('chinchilla', 'alpha'))
        + law_constant('chinchilla', 'b') / pow(d, law_constant('chinchilla', 'beta'));

-- Parameters that the same law finds optimal for a compute budget of 6 n d FLOPs, equation 4. c: training FLOPs.
CREATE OR REPLACE MACRO chinchilla_optimal_params(c) AS
    pow(
        law_constant('chinchilla', 'alpha') * law_constant('chinchilla', 'a')
            / (law_constant('chinchilla', 'beta') * law_constant('chinchilla', 'b')),
        1 / (law_constant('chinchilla', 'alpha') + law_constant('chinchilla', 'beta'))
    ) * pow(c / 6, law_constant('chinchilla', 'beta') / (law_constant('chinchilla', 'alpha') + law_constant('chinchilla', 'beta')));

-- Loss of the same law at the optimal split of a compute budget of 6 n d FLOPs. c: training FLOPs.
CREATE OR REPLACE MACRO chinchilla_optimal_loss(c) AS
    chinchilla_loss(chinchilla_optimal_params(c), c / 6 / chinchilla_optimal_params(c));
