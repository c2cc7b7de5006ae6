-- Scaling laws: loss in nats a token that a law predicts from size and data.

-- Kaplan et al. 2020, arXiv:2001.08361, equation 1.5 with the constants of its table 2.
-- n: non-embedding parameters; d: training tokens.
CREATE OR REPLACE MACRO kaplan_loss(n, d) AS pow(pow(6.4e13 / n, 0.076 / 0.103) + 1.8e13 / d, 0.103);

-- Hoffmann et al. 2022, arXiv:2203.15556, equation 10 (approach 3). n: parameters; d: training tokens.
CREATE OR REPLACE MACRO chinchilla_loss(n, d) AS 1.69 + 406.4 / pow(n, 0.34) + 410.7 / pow(d, 0.28);
