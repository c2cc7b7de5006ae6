-- Definitions of metrics, the same as those of the score columns, for use in anybody's query.

-- Tokens of a text. tokenization: char (every Unicode code point), word (between white space) or
-- digit (every decimal digit, and every run of other characters that are not white space).
CREATE OR REPLACE MACRO tokens(text, tokenization := 'char') AS
    CASE tokenization
        WHEN 'char' THEN CASE WHEN text = '' THEN [] ELSE string_split(text, '') END
        WHEN 'word' THEN regexp_extract_all(text, '[^\t-\r\x{85}\p{Z}]+')
        WHEN 'digit' THEN regexp_extract_all(text, '\p{Nd}|[^\p{Nd}\t-\r\x{85}\p{Z}]+')
        ELSE error('tokenization ' || tokenization || ' does not exist; choose from char, word, digit')
    END;

-- A list of tokens as a text of one byte a token: those both lists have get a byte each, all others the byte given.
CREATE OR REPLACE MACRO _one_byte_a_token(list, shared, other) AS
    coalesce(
        list_aggregate(
            list_transform(list, lambda _token: chr(coalesce(list_position(shared, _token) + 2, other)::INTEGER)),
            'string_agg', ''
        ),
        ''
    );

-- The next row of the edit distance table, from the row before and the cost (0 or 1) of each substitution.
CREATE OR REPLACE MACRO _next_row(before, costs) AS
    list_reduce(
        list_transform(range(1, len(costs) + 1), lambda _j: [least(before[_j + 1] + 1, before[_j] + costs[_j])]),
        lambda _row, _here: list_append(_row, least(_here[1], _row[-1] + 1)),
        [before[1] + 1]
    );

-- Edit distance of two lists by the table of all their prefixes; slow, right for any number of different tokens.
CREATE OR REPLACE MACRO _distance_by_table(a, b) AS
    list_reduce(
        list_transform(a, lambda _one: list_transform(b, lambda _other: (_one <> _other)::BIGINT)),
        lambda _before, _costs: _next_row(_before, _costs),
        range(0, len(b) + 1)
    )[-1];

-- Edit distance of two lists that have these tokens in common. DuckDB's levenshtein counts bytes, so lists with up to
-- 125 different tokens in common go through it as one byte a token, and the others through the table.
CREATE OR REPLACE MACRO _distance_given_shared(a, b, shared) AS
    CASE
        WHEN len(shared) <= 125
            THEN levenshtein(_one_byte_a_token(a, shared, 1), _one_byte_a_token(b, shared, 2))
        ELSE _distance_by_table(a, b)
    END;

-- Edit distance of two lists of tokens.
CREATE OR REPLACE MACRO list_edit_distance(a, b) AS
    -- a macro repeats its arguments wherever it names them; a lambda computes them once
    CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN
        list_transform(
            [{'a': a, 'b': b}],
            lambda _pair: list_transform(
                [{'shared': list_intersect(_pair.a, _pair.b)}],
                lambda _with: _distance_given_shared(_pair.a, _pair.b, _with.shared)
            )[1]
        )[1]
    END;

-- Fewest insertions, deletions and substitutions of tokens from output to target.
CREATE OR REPLACE MACRO token_edit_distance(output, target, tokenization := 'char') AS
    CASE
        WHEN tokenization = 'char' AND strlen(output) = length(output) AND strlen(target) = length(target)
            THEN levenshtein(output, target)
        ELSE list_edit_distance(tokens(output, tokenization := tokenization), tokens(target, tokenization := tokenization))
    END::DOUBLE;

-- 1 - edits / tokens of the longer of output and target, [0,1].
CREATE OR REPLACE MACRO token_edit_similarity(output, target, tokenization := 'char') AS
    1 - token_edit_distance(output, target, tokenization := tokenization) / greatest(
        len(tokens(output, tokenization := tokenization)), len(tokens(target, tokenization := tokenization)), 1
    );

-- 1 where the output equals one of the targets, else 0.
CREATE OR REPLACE MACRO exact_match(output, targets) AS
    CASE WHEN output IS NOT NULL THEN list_contains(targets, output)::DOUBLE END;
