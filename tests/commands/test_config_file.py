from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from click.core import ParameterSource
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from glagcn_cli.commands.config_file import INPUT_KEY, _parameters_by_key
from glagcn_cli.commands.video import main
from tests.helpers.fake_detection import FakeDetector, clip, random_lifter, use_detector


def config(folder: Path, text: str) -> Path:
    file = folder / "choices.toml"
    file.write_text(text, encoding="utf-8")
    return file


def printed(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["--print-config", *map(str, arguments)])


def in_effect(*arguments: str | Path) -> dict[str, Any]:
    result = printed(*arguments)
    assert result.exit_code == 0, result.output
    return tomllib.loads(result.stdout)


# What comes through ------------------------------------------------------------------------------


def test_the_file_reaches_the_run(monkeypatch, tmp_path: Path) -> None:
    use_detector(monkeypatch, FakeDetector(people=2))
    clip(tmp_path / "in.mp4")
    random_lifter(tmp_path / "own.pth")
    file = config(
        tmp_path,
        'input = "in.mp4"\noutput = ["out/a.npy", "out/a.bvh"]\npeople = 2\nturn = 20\n'
        'start = "0:00.1"\nend = 00:00:01\nflip = false\nlifter = "own.pth"\nup = "camera"\n',
    )
    (tmp_path / "out").mkdir()
    monkeypatch.chdir("/")
    result = CliRunner().invoke(main, ["--config", str(file), "--turn", "5"])
    assert result.exit_code == 0, result.output
    written = [tmp_path / "out" / name for name in ("a.npy", "a.bvh", "a.run.json")]
    assert result.stdout.splitlines() == [str(path) for path in written]
    told = json.loads((tmp_path / "out" / "a.run.json").read_text())["settings"]
    # Of what both name, the command line's.
    assert told["turn"] == 5
    expected = {"people": 2, "start": 0.1, "end": 1.0, "flip": False, "up": "camera"}
    assert expected.items() <= told.items()
    assert told["lifter"] == str(tmp_path / "own.pth")


def test_one_output_needs_no_list_and_the_command_line_replaces_the_list(tmp_path: Path) -> None:
    file = config(tmp_path, 'output = "a.npy"')
    assert in_effect("--config", file)["output"] == [str(tmp_path / "a.npy")]
    assert in_effect("--config", file, "-o", "/b.npy")["output"] == ["/b.npy"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('input = "https://somewhere.org/a b.mp4"', "https://somewhere.org/a b.mp4"),
        ('input = "-"', "-"),
        ('input = "frames/%05d.png"', "FOLDER/frames/%05d.png"),
        ('input = "/elsewhere/in.mp4"', "/elsewhere/in.mp4"),
        ('lifter = "lifter-27"', "lifter-27"),
        ('lifter = "runs/lifter.pth"', "FOLDER/runs/lifter.pth"),
        ('pose = "rtmpose-m"', "rtmpose-m"),
        ('pose = "my.py, weights/my.pth"', "FOLDER/my.py,FOLDER/weights/my.pth"),
        ('from-2d = "kept.keypoints.npz"', "FOLDER/kept.keypoints.npz"),
    ],
)
def test_relative_paths_start_at_the_files_folder(tmp_path: Path, line: str, told: str) -> None:
    folder = tmp_path / "somewhere"
    folder.mkdir()
    value = in_effect("--config", config(folder, line))[line.split(" ")[0]]
    assert (value if isinstance(value, str) else value[0]) == told.replace("FOLDER", str(folder))


def test_home_is_known_in_a_file(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    values = in_effect("--config", config(tmp_path, 'output = "~/a.npy"'))
    assert values["output"] == ["/home/somebody/a.npy"]


# What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("trun = 20", ["'trun'", "did you mean 'turn'"]),
        ("max_frames = 20", ["'max_frames'", "did you mean 'max-frames'"]),
        ("xyzzy = 20", ["'xyzzy'", "--help"]),
        ("no-flip = true", ["'no-flip'", "flip = false"]),
        ('config = "other.toml"', ["'config'"]),
        ("version = true", ["'version'"]),
        ('turn = "fast"', ["turn is the text 'fast', expected a number"]),
        ("turn = true", ["turn is true, expected a number"]),
        ('max-frames = "5"', ["max-frames is the text '5', expected a whole number"]),
        ("max-frames = 2.5", ["max-frames is 2.5, expected a whole number"]),
        ("max-frames = 0", ["max-frames: ", "0"]),
        ('overwrite = "yes"', ["overwrite is the text 'yes', expected true or false"]),
        ("overwrite = 1", ["overwrite is 1, expected true or false"]),
        ("detector = 5", ["detector is 5, expected text"]),
        ('detector = ["rtmdet-m"]', ["detector is a list, expected text"]),
        ("output = [1, 2]", ["output is a list, expected text, or a list of such"]),
        ("people = 0", ["people: ", "must be a whole number from 1, or all"]),
        ('start = "soon"', ["start: ", "'soon' is no time"]),
        ('person = "all"\npeople = "all"', ["'people' and 'person' are the same option"]),
        ("[turn]\nx = 1", ["turn is a table, expected a number"]),
        ("[tool.glagcn]\nturn = 1", ["there is no option 'tool'"]),
        ("turn = !", ["is no TOML", "line 1"]),
        ("turn = 1\nturn = 2", ["is no TOML"]),
        ("x = " + "[" * 5000, ["is no TOML"]),
    ],
)
def test_a_fault_in_the_file_is_a_wrong_command(
    tmp_path: Path, line: str, words: list[str]
) -> None:
    file = config(tmp_path, line)
    # Also where the command line says it better: the file is wrong all the same.
    result = printed("--config", file, "--turn", "1")
    assert result.exit_code == 2
    for word in [f"{file}: ", *words]:
        assert word in result.stderr
    assert "Traceback" not in result.output


def test_a_file_that_is_no_text_is_no_toml(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(b"turn = 1\n# \xff")
    assert f"{file}: is no TOML" in printed("--config", file).stderr
    result = printed("--config", tmp_path / "missing.toml")
    assert result.exit_code == 2
    assert "missing.toml" in result.stderr


# There and back ----------------------------------------------------------------------------------


def example(parameter: click.Parameter) -> list[str]:
    """Arguments that give a parameter a value other than its default."""
    if isinstance(parameter, click.Argument):
        return ["a walk.mp4"]
    assert isinstance(parameter, click.Option)
    name = max(parameter.opts, key=len)
    if parameter.is_flag:
        off = parameter.secondary_opts and parameter.default is not False
        return [parameter.secondary_opts[0] if off else name]
    if isinstance(parameter.type, click.types.IntParamType):
        return [name, "3"]
    if isinstance(parameter.type, click.types.FloatParamType):
        return [name, "2.5"]
    if isinstance(parameter.type, click.Choice):
        return [name, str(parameter.type.choices[-1])]
    special = {"people": "all", "start": "1:02.5", "end": "0.00001"}
    value = special.get(parameter.name or "", f'{parameter.name} "ü" \\ 1')
    return [name, value] if not parameter.multiple else [name, value, name, "second"]


def test_every_option_comes_back_from_what_is_printed(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    context = click.Context(main)
    parameters = {id(p): p for p in _parameters_by_key(context).values()}
    arguments = [word for p in parameters.values() for word in example(p)]
    result = printed(*arguments)
    assert result.exit_code == 0, result.output
    assert not [line for line in result.stdout.splitlines() if line.startswith("#")]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    file = config(elsewhere, result.stdout)
    monkeypatch.chdir("/")
    assert printed("--config", file).stdout == result.stdout

    def parsed(*words: str) -> dict[str, Any]:
        made = main.make_context("glagcn-video", list(words))
        taken_from = ParameterSource.DEFAULT_MAP if "--config" in words else None
        for name in made.params:
            assert taken_from is None or made.get_parameter_source(name) == taken_from, name
        return made.params

    from_file = parsed("--config", str(file))
    monkeypatch.chdir(tmp_path)
    assert {name: _absolute(value) for name, value in parsed(*arguments).items()} == from_file


def _absolute(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(_absolute(item) for item in value)
    return value.absolute() if isinstance(value, Path) else value


def test_what_is_not_set_is_told_as_a_note() -> None:
    lines = printed().stdout.splitlines()
    assert "# turn  [default: 0]" in lines
    assert "# flip  [default: true]" in lines
    assert "# start  [not set]" in lines
    assert "overwrite = false" in lines


@given(
    text=st.text(
        st.characters(exclude_characters="\0/~", exclude_categories=["Cs"]), min_size=1
    ).filter(lambda name: name not in (".", "..", "-")),
    turn=st.floats(allow_nan=False),
)
def test_any_file_name_and_number_comes_back(text: str, turn: float) -> None:
    made = main.make_context("x", ["--print-config", f"-o{text}.npy", f"--turn={turn!r}"])
    from glagcn_cli.commands.config_file import options_as_toml

    values = tomllib.loads(options_as_toml(made))
    assert values["output"] == [str(Path.cwd() / f"{text}.npy")]
    assert values["turn"] == turn


def test_a_name_that_is_no_text_cannot_be_printed() -> None:
    result = printed("-o", "\udcff.npy")
    assert result.exit_code == 2
    assert "no text" in result.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_editors_and_shells_of_windows_write_is_read(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "choices.toml"
    file.write_bytes('input = "\u8e0a\u308a.mp4"\r\nturn = 7\r\n'.encode(encoding))
    values = in_effect("--config", file)
    assert values["turn"] == 7 and values["input"] == [str(tmp_path / "\u8e0a\u308a.mp4")]


def test_what_is_printed_in_another_encoding_is_still_toml(tmp_path: Path) -> None:
    runner = CliRunner(charset="cp1252")
    name = str(tmp_path / "Z\xfcrich \u8e0a\U0001f483.npy")
    result = runner.invoke(main, ["--print-config", "-o", name])
    assert tomllib.loads(result.stdout_bytes.decode("utf-8"))["output"] == [name]


def test_a_file_of_options_imports_nothing_heavy(tmp_path: Path) -> None:
    file = config(tmp_path, f'{INPUT_KEY} = "a.mp4"\nturn = 3\npeople = "all"')
    code = (
        "import sys\n"
        "from glagcn_cli.commands.video import main\n"
        f"main(['--config', {str(file)!r}, '--print-config'], standalone_mode=False)\n"
        "sys.exit(' '.join({'torch', 'mmpose', 'scipy', 'matplotlib'} & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "a.mp4") in done.stdout
