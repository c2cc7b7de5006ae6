-- Definitions on shares.

-- ln(p / (1 - p)); infinite at 0 and 1, NULL outside [0,1].
CREATE OR REPLACE MACRO logit(p) AS
    CASE WHEN p = 0 THEN '-infinity'::DOUBLE WHEN p = 1 THEN 'infinity'::DOUBLE WHEN p > 0 AND p < 1 THEN ln(p / (1 - p)) END;

-- Exact match of an answer of that many tokens if each is right with probability p, independently.
CREATE OR REPLACE MACRO compounding(p, length) AS pow(p, length);

-- Most tokens of an answer that is all right with at least probability level, each token being right with probability p,
-- independently; 0 where one token is too many, NULL where p = 1: answers of every length.
CREATE OR REPLACE MACRO longest_answer(p, level := 0.5) AS
    CASE WHEN p <= 0 THEN 0 WHEN p < 1 THEN floor(ln(level) / ln(p) + 1e-9)::BIGINT END;

-- Middle of the Wilson interval; z: normal quantile, 1.96 for 95 %.
CREATE OR REPLACE MACRO _wilson_middle(successes, n, z) AS (successes + z * z / 2) / (n + z * z);

-- Half width of the Wilson interval.
CREATE OR REPLACE MACRO _wilson_half(successes, n, z) AS
    z / (n + z * z) * sqrt(successes * (n - successes) / n::DOUBLE + z * z / 4);

-- Lower end of the 95 % Wilson interval of a share, for successes out of n; 0 for n = 0.
CREATE OR REPLACE MACRO wilson_low(successes, n, z := 1.959963984540054) AS
    CASE
        WHEN n = 0 OR successes = 0 THEN 0.0
        WHEN successes > 0 AND n > 0 THEN greatest(0.0, _wilson_middle(successes, n, z) - _wilson_half(successes, n, z))
    END;

-- Upper end of the 95 % Wilson interval of a share, for successes out of n; 1 for n = 0.
CREATE OR REPLACE MACRO wilson_high(successes, n, z := 1.959963984540054) AS
    CASE
        WHEN n = 0 OR successes = n THEN 1.0
        WHEN successes >= 0 AND n > 0 THEN least(1.0, _wilson_middle(successes, n, z) + _wilson_half(successes, n, z))
    END;

-- A mean score on the scale from its chance level (0) to its best value (1); NULL without a level or room above it.
CREATE OR REPLACE MACRO above_chance(value, chance, best := 1.0) AS
    CASE WHEN best <> chance THEN (value - chance) / (best - chance) END;
