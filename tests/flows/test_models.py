from __future__ import annotations

import pytest

from flows.models import ModelTableError, study_models
from tests.flows.make import STUDY, Workshop, outputs
from warehouse.errors import FactError


def test_a_csv_file_says_what_it_says_and_nothing_else(workshop: Workshop) -> None:
    workshop.write_study()
    (workshop.folder / "models.csv").write_text(
        "model_id,n_params,train_flops_derived,seed,note\nm1,7e9,true,,x\nm2,,,3,\n,5,,,\n", encoding="utf-8"
    )
    found = study_models(workshop.study())
    columns = ("model_id", "n_params", "train_flops_derived", "seed", "family", "source")
    assert found.select(columns).rows() == [
        ("m1", 7e9, True, None, None, "study"),
        ("m2", None, None, 3, None, "study"),
    ]


def test_facts_may_stand_in_the_study_itself(workshop: Workshop) -> None:
    inline = '[[models]]\nmodel_id = "m1"\nn_params = 7e9\n'
    workshop.write_study(STUDY.replace('models = "models.csv"\n', "") + inline)
    assert study_models(workshop.study()).select("model_id", "n_params", "source").rows() == [("m1", 7e9, "study")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no such file; `models` in the study file names it"),
        ("model,n_params\nm1,5\n", "it has no column model_id; it has model, n_params"),
        ("model_id,params\nm1,5\n", "no column says anything about a model.*n_params"),
        ("model_id,n_params\nm1,5\nm2,7B\n", "row 2: n_params is '7B', which is not a number"),
        ("model_id,n_params\nm1,5\nm1,6\n", "more than one row for m1"),
    ],
)
def test_a_table_of_models_that_cannot_be_used_stops_before_anything_is_read(
    workshop: Workshop, content: str | None, words: str
) -> None:
    workshop.fill()
    path = workshop.folder / "models.csv"
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelTableError, match=words):
        workshop.run(("pull",))
    assert workshop.rows("SELECT count(*) FROM run") == [(0,)]


def test_an_unknown_model_is_stored_told_and_in_no_ladder(workshop: Workshop) -> None:
    workshop.fill(["add"])
    workshop.write_models(sizes=(1e4, 1e5, 1e6))
    workshop.run()
    assert workshop.rows("SELECT count(*) FROM run") == [(4,)]
    assert workshop.rows("SELECT n_scales FROM ladder") == [(3,)]
    (finding,) = workshop.findings("unknown_model")
    assert "m10000000" in finding["reason"]
    assert "add a row to the study's models" in finding["action"]
    workshop.write_models()
    workshop.run()
    assert workshop.findings("unknown_model") == []
    assert workshop.rows("SELECT n_scales FROM ladder") == [(4,)]


def test_what_the_study_no_longer_says_is_forgotten(workshop: Workshop) -> None:
    workshop.fill(["add"])
    workshop.run()
    workshop.write_models(sizes=(1e4, 1e5))
    workshop.run()
    assert workshop.rows("SELECT model_id FROM model ORDER BY n_params") == [("m10000",), ("m100000",)]


def test_the_study_is_trusted_over_the_log(workshop: Workshop) -> None:
    workshop.fill(["add"])
    workshop.write_study(
        STUDY.replace('"*.parquet"', '"*.parquet"\nmapping = { n_params = "size", train_tokens = "size" }')
    )
    workshop.write("add.parquet", outputs("add").with_columns(size=2.0))
    workshop.run()
    assert workshop.rows("SELECT n_params, train_tokens FROM model ORDER BY n_params LIMIT 1") == [(1e4, 2.0)]


CLAIMS = "claim_id,claim_kind,ability,family,threshold_params,checked,source\n"
PUBLISHED = "model_id,aliases,family,kind,architecture,n_params,checked,source\n"


def test_a_study_adds_published_models_and_claims(workshop: Workshop) -> None:
    workshop.fill(["add"])
    shipped = 'name = "small"'
    workshop.write_study(
        STUDY.replace(shipped, f'{shipped}\nfacts = {{ models = "published.csv", claims = "claims.csv" }}')
    )
    (workshop.folder / "published.csv").write_text(f"{PUBLISHED}ours,acme/ours,Ours,base,decoder,1e9,true,card\n")
    (workshop.folder / "claims.csv").write_text(f"{CLAIMS}ours-add,emergent,add,m,1e6,true,paper\n")
    workshop.run(["pull"])
    claimed = "SELECT threshold_params FROM fact_claim WHERE claim_id = 'ours-add'"
    assert workshop.rows(claimed) == [(1e6,)]
    assert workshop.rows("SELECT model_id FROM fact_alias WHERE alias = 'acme/ours'") == [("ours",)]
    (workshop.folder / "claims.csv").write_text(f"{CLAIMS}ours-add,emergent,add,m,2e6,true,paper\n")
    workshop.run(["pull"])
    assert workshop.rows(claimed) == [(2e6,)]
    (workshop.folder / "claims.csv").write_text(f"{CLAIMS}ours-add,emergent,add,m,2,true,paper\n")
    with pytest.raises(
        FactError, match=r"claims\.csv, row 2 \(ours-add\): threshold_params is '2'; allowed is a number"
    ):
        workshop.run(["pull"])
    assert workshop.rows(claimed) == [(2e6,)]
    workshop.write_study()
    workshop.run(["pull"])
    assert workshop.rows(claimed) == []


def test_a_missing_table_of_facts_is_named(workshop: Workshop) -> None:
    workshop.fill(["add"])
    workshop.write_study(STUDY + '\n[facts]\nclaims = "nowhere.csv"\n')
    with pytest.raises(FactError, match=r"nowhere\.csv: not readable"):
        workshop.run(["pull"])
