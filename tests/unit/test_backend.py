"""Starting TensorFlow: quietly, only where it is needed, and with no cause hidden."""

import os
import subprocess
import sys
import textwrap

from mnistlab import backend

import pytest

CHOSEN = (
    "TF_CPP_MIN_LOG_LEVEL",
    "KERAS_BACKEND",
    "TF_NUM_INTRAOP_THREADS",
    "OMP_NUM_THREADS",
    "CUDA_VISIBLE_DEVICES",
    "TF_ENABLE_ONEDNN_OPTS",
)


def run(code, path=None, check=True, **changes):
    """Runs a program in a fresh Python; what it writes to descriptors 1 and 2 is kept."""
    environ = {name: value for name, value in os.environ.items() if name not in CHOSEN}
    environ |= changes | ({"PYTHONPATH": str(path)} if path else {})
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=check,
    )


@pytest.fixture
def false_tensorflow(tmp_path):
    """Makes a package named tensorflow with the content given, and says where it is."""

    def make(code):
        package = tmp_path / "tensorflow"
        package.mkdir()
        (package / "__init__.py").write_text(textwrap.dedent(code), "utf-8")
        return tmp_path

    return make


class TestTheRealOne:
    def test_importing_mnistlab_and_then_keras_writes_nothing(self):
        program = """
            import mnistlab, keras
            keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
            print(keras.backend.backend())
        """
        finished = run(program)
        assert finished.stdout == "tensorflow\n"
        assert finished.stderr == ""

    def test_importing_mnistlab_alone_imports_no_tensorflow(self):
        program = """
            import sys
            import mnistlab
            heavy = {"tensorflow", "keras", "sklearn", "matplotlib", "scipy"} & set(sys.modules)
            print(sorted(heavy))
        """
        finished = run(program)
        assert (finished.stdout, finished.stderr) == ("[]\n", "")

    def test_the_library_below_the_models_imports_no_tensorflow(self):
        program = """
            import sys
            import mnistlab.data.mnist, mnistlab.data.preparation, mnistlab.plots
            import mnistlab.evaluation.results, mnistlab.progress, mnistlab.files
            print("tensorflow" in sys.modules, "keras" in sys.modules)
        """
        assert run(program).stdout == "False False\n"


NOISY = """
    import os
    os.write(2, b"I0000 a log line of the import\\n")
"""


class TestAFalseOne:
    def test_what_a_good_import_writes_is_held_back(self, false_tensorflow):
        finished = run(
            "import mnistlab, tensorflow, os; os.write(2, b'later')", false_tensorflow(NOISY)
        )
        assert finished.stderr == "later"

    def test_what_a_failing_import_wrote_is_printed(self, false_tensorflow):
        path = false_tensorflow(NOISY + '    raise ImportError("no such symbol")\n')
        finished = run("import mnistlab, tensorflow", path, check=False)
        assert finished.returncode == 1
        assert finished.stderr.startswith("I0000 a log line of the import\n")
        assert finished.stderr.endswith("ImportError: no such symbol\n")

    def test_a_failed_import_leaves_the_descriptor_as_it_was(self, false_tensorflow):
        path = false_tensorflow('raise ImportError("first")')
        program = """
            import mnistlab, os
            try:
                import tensorflow
            except ImportError:
                os.write(2, b"still here")
        """
        assert run(program, path).stderr == "still here"

    def test_the_loader_is_the_usual_one_afterwards(self, false_tensorflow):
        program = """
            import mnistlab, sys, tensorflow
            print(type(tensorflow.__loader__).__name__, type(tensorflow.__spec__.loader).__name__)
            print(any("Quiet" in type(finder).__name__ for finder in sys.meta_path))
        """
        finished = run(program, false_tensorflow(""))
        assert finished.stdout == "SourceFileLoader SourceFileLoader\nFalse\n"

    def test_without_tensorflow_the_error_is_pythons_own(self):
        program = """
            import importlib.machinery, mnistlab
            importlib.machinery.PathFinder.find_spec = lambda *arguments: None
            try:
                import tensorflow
            except ModuleNotFoundError as error:
                print(error)
        """
        assert run(program).stdout == "No module named 'tensorflow'\n"


SHOW = f"""
    import mnistlab, os
    print({{name: os.environ[name] for name in {CHOSEN!r} if name in os.environ}})
"""


class TestTheEnvironment:
    def shown(self, **changes):
        return eval(run(SHOW, **changes).stdout)  # what our own program printed

    def test_by_default_only_the_log_and_the_backend_are_set(self):
        assert self.shown() == {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}

    def test_onednn_is_left_on(self):
        assert "TF_ENABLE_ONEDNN_OPTS" not in self.shown(MNISTLAB_THREADS="2")

    def test_threads(self):
        shown = self.shown(MNISTLAB_THREADS="1")
        assert shown["TF_NUM_INTRAOP_THREADS"] == shown["OMP_NUM_THREADS"] == "1"

    def test_the_graphics_card_is_left_alone_when_asked(self):
        assert self.shown(MNISTLAB_DEVICE="cpu")["CUDA_VISIBLE_DEVICES"] == "-1"

    def test_what_the_reader_set_stays(self):
        own = {
            "TF_CPP_MIN_LOG_LEVEL": "0",
            "OMP_NUM_THREADS": "7",
            "CUDA_VISIBLE_DEVICES": "1",
        }
        shown = self.shown(MNISTLAB_THREADS="2", MNISTLAB_DEVICE="cpu", **own)
        assert {name: shown[name] for name in own} == own


class TestQuietDescriptor:
    def test_it_holds_back_a_good_block(self, capfd):
        with backend.quiet_descriptor():
            os.write(2, b"held back")
        os.write(2, b"shown")
        assert capfd.readouterr().err == "shown"

    def test_it_prints_what_a_failing_block_wrote(self, capfd):
        with pytest.raises(KeyboardInterrupt), backend.quiet_descriptor():
            os.write(2, b"the \xff cause\n")
            raise KeyboardInterrupt
        sys.stderr.flush()
        assert "the \ufffd cause" in capfd.readouterr().err

    def test_it_closes_what_it_opened(self):
        def open_descriptors():
            return [number for number in range(3, 200) if _is_open(number)]

        before = open_descriptors()
        for _ in range(5):
            with backend.quiet_descriptor():
                pass
        assert open_descriptors() == before


def _is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def test_preparing_again_puts_no_second_finder_in_place():
    program = """
        import mnistlab, sys
        from mnistlab import backend
        backend.prepare()
        print(sum("Quiet" in type(finder).__name__ for finder in sys.meta_path))
    """
    assert run(program).stdout == "1\n"


def test_a_program_without_an_error_stream_can_use_all_of_it():
    code = """
        import os, sys
        os.close(2)
        sys.stderr = None
        import mnistlab
        from mnistlab.progress import Progress
        with mnistlab.backend.quiet_descriptor(), Progress(2, "Counting") as bar:
            bar.update(1)
        import keras
        print(keras.backend.backend())
        """
    assert run(code).stdout == "tensorflow\n"
