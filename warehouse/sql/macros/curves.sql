-- Definitions on a curve: a list of values in order of scale. NULL where a value is NULL or there are fewer than two.

-- Highest minus lowest value, negative where the lowest comes after the highest.
CREATE OR REPLACE MACRO signed_range(curve) AS
    sign(
        list_position(curve::DOUBLE[], list_max(curve::DOUBLE[])) - list_position(curve::DOUBLE[], list_min(curve::DOUBLE[]))
    ) * (list_max(curve::DOUBLE[]) - list_min(curve::DOUBLE[]));

-- Squares of the steps between neighbours.
CREATE OR REPLACE MACRO _squared_steps(curve) AS
    list_transform(range(1, len(curve)), lambda _i: pow(curve[_i + 1]::DOUBLE - curve[_i]::DOUBLE, 2));

-- Signed range over a step; infinite where the step is 0, 0 for a curve that never changes.
CREATE OR REPLACE MACRO _range_by_step(curve, step) AS
    CASE
        WHEN len(curve) < 2 OR len(list_filter(curve, lambda _value: _value IS NULL)) > 0 THEN NULL
        WHEN signed_range(curve) = 0 THEN 0.0
        WHEN step = 0 THEN sign(signed_range(curve)) * 'infinity'::DOUBLE
        ELSE signed_range(curve) / step
    END::DOUBLE;

-- Signed range over the root median square step; a straight line over k gaps scores k.
-- resolution: the smallest step the test can show, such as 1 / items; bounds the denominator from below.
CREATE OR REPLACE MACRO emergence_score(curve, resolution := 0.0) AS
    _range_by_step(curve, greatest(sqrt(list_aggregate(_squared_steps(curve), 'median')), resolution));

-- The name that BIG-bench gives emergence_score.
CREATE OR REPLACE MACRO breakthroughness(curve, resolution := 0.0) AS emergence_score(curve, resolution := resolution);

-- Signed range over the root mean square step; a straight line over k gaps scores k. resolution as in emergence_score.
CREATE OR REPLACE MACRO linearity(curve, resolution := 0.0) AS
    _range_by_step(curve, greatest(sqrt(list_aggregate(_squared_steps(curve), 'avg')), resolution));
