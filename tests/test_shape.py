"""The shape of the code: sizes, and who may import whom where import-linter does not look."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "pages").glob("*.py"))
# A migration is written down once as the schema was; cutting it up would make it no clearer.
MIGRATIONS = ROOT / "runsous" / "store" / "migrations" / "versions"
MODULES = sorted(p for p in (ROOT / "runsous").rglob("*.py") if MIGRATIONS not in p.parents)


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            # `from runsous import ui` imports runsous.ui.
            deeper = [f"{module}.{alias.name}" for alias in node.names]
            names += deeper if module == "runsous" else [module]
    return names


def is_allowed(name: str) -> bool:
    top = name.partition(".")[0]
    return (
        top in sys.stdlib_module_names
        or top == "streamlit"
        or name == "runsous.ui"
        or name.startswith("runsous.ui.")
    )


def test_there_are_pages():
    assert "menu.py" in {page.name for page in PAGES}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_has_at_most_300_lines(path):
    assert lines(path) <= 300


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_a_page_has_at_most_120_lines(page):
    assert lines(page) <= 120


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_a_page_imports_only_streamlit_and_our_ui(page):
    assert [name for name in imports(page) if not is_allowed(name)] == []


def test_help_is_quick_because_nothing_heavy_is_loaded_for_it():
    code = "import sys, runsous.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint({"streamlit", "pandas", "numpy", "sqlalchemy", "fastapi", "alembic"})


def test_every_part_that_runs_again_by_itself_asks_who_is_here():
    bare = {
        path.name
        for path in [*(ROOT / "runsous" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
        if re.search(r"st\.(fragment|dialog)\b", path.read_text("utf-8"))
    }
    assert bare == {"session.py"}


def test_streamlit_hands_out_no_file_of_anybody():
    """Whoever has the address of a file in its memory gets it: the API asks who that is."""
    handing = re.compile(r"st\.(download_button|image|audio|video|pdf)\b")
    found = {
        path.name
        for path in [*(ROOT / "runsous" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
        if handing.search(path.read_text("utf-8"))
    }
    assert found == set()
