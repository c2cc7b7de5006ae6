from __future__ import annotations

from pathlib import Path

import pytest

from flows.sources.mapping import TableSettings
from flows.study import Study
from flows.study_file import embedded_study, load_study
from flows.study_problems import StudyError
from tests.flows.make import STUDY, Workshop


def errors(workshop: Workshop, text: str) -> dict[str, str]:
    """Problems of a study file by key."""
    with pytest.raises(StudyError) as caught:
        load_study(workshop.write_study(text))
    assert caught.value.path == workshop.path
    return {problem.key: str(problem) for problem in caught.value.problems}


@pytest.fixture(autouse=True)
def models(workshop: Workshop) -> None:
    workshop.write_models()


def test_a_missing_table_of_models_is_told_with_the_other_mistakes(workshop: Workshop) -> None:
    (workshop.folder / "models.csv").unlink()
    told = errors(workshop, STUDY.replace('uri = "*.parquet"', 'url = "*"') + '[facts]\nclaims = "nowhere.csv"\n')
    assert "(got 'models.csv')" in told["models"]
    assert "there is no such file" in told["facts.claims"]


def test_three_mistakes_are_reported_at_once_each_with_what_is_allowed(workshop: Workshop) -> None:
    found = errors(
        workshop,
        """
        name = "three mistakes"
        tokenization = "chars"
        [[sources]]
        uri = "*.csv"
        mapping = { outputs = "completion" }
        [[families]]
        name = "m"
        models = "m*"
        axis = "n_parms"
        """,
    )
    assert set(found) == {"tokenization", "sources[0].mapping.outputs", "families[0].axis"}
    assert "'chars'" in found["tokenization"]
    assert "char, word, digit" in found["tokenization"]
    assert "Did you mean 'char'?" in found["tokenization"]
    assert "Did you mean 'output'?" in found["sources[0].mapping.outputs"]
    assert "'n_parms'" in found["families[0].axis"]
    assert "n_params, n_params_non_embedding, train_tokens, train_flops, train_loss" in found["families[0].axis"]


def test_the_message_numbers_the_mistakes_in_the_order_of_the_file(workshop: Workshop) -> None:
    text = 'workers = 0\nname = ""\n' + STUDY.replace('name = "small"', "")
    with pytest.raises(StudyError) as caught:
        load_study(workshop.write_study(text))
    lines = str(caught.value).splitlines()
    assert lines[0].endswith("study.toml has 2 mistakes:")
    assert lines[1].startswith("  1. workers:")
    assert lines[2].startswith("  2. name:")


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        (('models = "models.csv"', "modles = 1"), "modles", "Did you mean 'models'"),
        (('name = "small"', ""), "name", "this key is missing. Add `name = …`"),
        (('uri = "*.parquet"', ""), "sources[0].uri", "this key is missing"),
        (('uri = "*.parquet"', 'uri = "a"\nformat = "tabel"'), "sources[0].format", "Did you mean 'table'?"),
        (('uri = "*.parquet"', 'uri = "a"\nformt = "table"'), "sources[0].formt", "Did you mean 'format'?"),
        (('uri = "*.parquet"', 'uri = "a"\nn_shots = "five"'), "sources[0].n_shots", "'five'"),
        (('uri = "*.parquet"', 'uri = "a"\nconstants = { gold = "x" }'), "sources[0].constants", "a whole number"),
        (('uri = "*.parquet"', 'uri = "a"\nconstants = { gld = 1 }'), "sources[0].constants", "'gold'"),
        (("[[sources]]", "[sources]"), "sources", "is not a list of tables"),
        (('models = "m*"', "models = []"), "families[0].models", "at least 1"),
        (('name = "small"', 'name = "x"\nmetrics = ["exact_mach"]'), "metrics[0]", "Did you mean 'exact_match'"),
        (('name = "small"', 'name = "x"\nmetrics = ["exact_match", "bleuu"]'), "metrics[1]", "`mirage metrics` lists"),
        (('name = "small"', 'name = "x"\nwarehouse = "a.db"'), "warehouse", "ends in .duckdb"),
    ],
)
def test_each_mistake_names_its_key_and_the_way_out(
    workshop: Workshop, change: tuple[str, str], key: str, words: str
) -> None:
    found = errors(workshop, STUDY.replace(*change, 1))
    assert list(found) == [key]
    assert words in found[key]


@pytest.mark.parametrize(
    ("section", "key", "words"),
    [
        ("[verdict]\nsteepest = 1", "verdict.steepest", "steepest_slope"),
        ("[verdict]\nleast_break_jump = -1", "verdict.least_break_jump", "-1"),
        ("[verdict]\nbreak_tail = 'a'", "verdict.break_tail", "'a'"),
        ("[tasks.add]\nchance = 1.5", "tasks.add.chance", "less than 1"),
        ("[tasks.add]\ncluster = 'items'", "tasks.add.cluster", "cluster, category, none"),
        ("[[models]]\nmodel_id = 'm1'\nn_params = -5", "models[0].n_params", "greater than 0"),
        ("[[models]]\nn_params = 5", "models[0].model_id", "this key is missing"),
    ],
)
def test_mistakes_in_sections_are_found_too(workshop: Workshop, section: str, key: str, words: str) -> None:
    found = errors(workshop, STUDY.replace('models = "models.csv"', "") + section + "\n")
    assert list(found) == [key]
    assert words in found[key]


def test_two_families_of_one_name_are_refused(workshop: Workshop) -> None:
    found = errors(workshop, STUDY + '[[families]]\nname = "m"\nmodels = "b*"\n')
    assert "two families bear the name 'm'" in found["families"]


def test_a_file_that_is_no_toml_says_where(workshop: Workshop) -> None:
    found = errors(workshop, "name = small\n")
    assert "is not TOML" in found[""]
    assert "line 1" in found[""]


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"nowhere\.toml has 1 mistake:\n  1\. there is no such file"):
        load_study(tmp_path / "nowhere.toml")


def test_defaults_and_paths_follow_the_study_file(workshop: Workshop) -> None:
    workshop.write_study()
    study = workshop.study()
    assert study.warehouse_path == workshop.folder / "out" / "mirage.duckdb"
    assert study.reports_path == workshop.folder / "out" / "reports"
    assert study.work_path == workshop.folder / "out" / "mirage.work"
    assert (study.tokenization, study.seed, study.workers) == ("char", 0, 2)
    assert study.families[0].axis == "n_params"
    assert study.families[0].models == ("m*",)
    assert study.task("add").chance == 0


def test_metrics_that_a_verdict_needs_are_always_scored(workshop: Workshop) -> None:
    workshop.write_study('metrics = ["target_log_likelihood"]\ntokenization = "word"\n' + STUDY)
    assert set(workshop.study().metric_names) == {
        "exact_match",
        "per_token_accuracy_word",
        "target_length_word",
        "target_log_likelihood",
    }


def test_a_source_may_say_what_a_table_needs(workshop: Workshop) -> None:
    source = 'uri = "a.csv"\nn_shots = 5\nmapping = { output = "completion" }\nconstants = { task_id = "add" }'
    workshop.write_study(STUDY.replace('uri = "*.parquet"', source))
    settings = workshop.study().sources[0]
    assert isinstance(settings, TableSettings)
    assert settings.uri == ("a.csv",)
    assert settings.fixed == {"n_shots": 5, "task_id": "add"}


def test_verdict_constants_can_be_set(workshop: Workshop) -> None:
    workshop.write_study(STUDY + "[verdict]\nleast_break_jump = 0.5\n")
    assert workshop.study().constants.least_break_jump == 0.5


def test_the_embedded_study_is_valid_and_writes_where_it_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study: Study = load_study(None)
    assert study.path == embedded_study()
    assert study.warehouse_path == tmp_path / "out" / "mirage.duckdb"
    assert all((study.folder / pattern).parent.is_dir() for source in study.sources for pattern in source.uri)
