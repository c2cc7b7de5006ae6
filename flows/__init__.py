"""The pipeline: from raw outputs to verdicts and pages, with Prefect or without."""
