-- Whether two names speak of the same thing.

-- The words of a name in lower case: runs of letters and digits.
CREATE OR REPLACE MACRO _words(name) AS
    list_filter(regexp_split_to_array(lower(coalesce(name, '')), '[^a-z0-9]+'), lambda _word: _word <> '');

-- Whether a claimed ability names a task: it has every word of the task's title (two or more), or the task's id has its
-- words and no others but those of its suite.
CREATE OR REPLACE MACRO claim_names_task(ability, suite, task_id, task_title) AS
    (len(_words(task_title)) > 1 AND list_has_all(_words(ability), _words(task_title)))
    OR (
        list_has_all(
            _words(ability) || _words(suite) || [regexp_replace(lower(coalesce(suite, '')), '[^a-z0-9]', '', 'g')],
            _words(task_id)
        )
        AND list_has_all(_words(task_id), _words(ability))
    );
