"""The notebooks run from their first cell to their last, and hold what they show."""

import nbformat
import pytest
from nbclient import NotebookClient

from stylekit.settings import PROJECT_ROOT

NOTEBOOKS = sorted((PROJECT_ROOT / "notebooks").glob("*.ipynb"))
MAX_BYTES = 1_500_000


def pictures(notebook):
    """How many pictures the outputs of a notebook hold."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return sum("image/jpeg" in output.get("data", {}) for output in outputs)


def test_there_are_three_notebooks():
    assert [path.name[0] for path in NOTEBOOKS] == ["1", "2", "3"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_small_with_its_pictures(path):
    assert path.stat().st_size < MAX_BYTES
    assert pictures(nbformat.read(path, as_version=4)) >= 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_no_code_of_its_own(path):
    code = "\n".join(
        cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"
    )
    assert "def " not in code
    assert "class " not in code


@pytest.mark.tensorflow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore")  # of the kernel's own libraries
def test_a_notebook_runs(path):
    notebook = nbformat.read(path, as_version=4)
    shown = pictures(notebook)
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=900, kernel_name="python3", resources=resources).execute()
    assert pictures(notebook) == shown
