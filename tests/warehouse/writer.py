"""A writer that changes and publishes a warehouse until it is killed, and says each generation."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.warehouse import make
from warehouse import load
from warehouse.db import open_warehouse, publish, published_path


def main(path: Path) -> None:
    con = open_warehouse(path)
    while True:
        load.replace_source(con, make.source_row(), runs=make.runs(), samples=make.samples(), items=make.items())
        for task in make.TASKS:
            load.replace_ladder(con, make.ladder_frames(task), f"m/{task}")
        sys.stdout.write(f"{publish(con, path, published_path(path), make.NOW, '0.1.0')}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
