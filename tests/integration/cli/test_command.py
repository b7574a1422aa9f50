"""The command itself: help, version, errors, exit statuses, language."""

import os
import signal
import subprocess
import sys
from time import monotonic, sleep

import click
import pytest

from ruledesk import __version__
from ruledesk.cli import app
from ruledesk.cli.app import run
from ruledesk.cli.plugin_commands import plugin_commands
from ruledesk.cli.session import Session, language
from ruledesk.errors import Refused
from ruledesk.hooks.discovery import Found
from ruledesk.hooks.manager import load_plugins
from ruledesk.hooks.spec import hookimpl

COMMAND = [sys.executable, "-m", "ruledesk"]


def process(*arguments, **environment):
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], **environment},
        timeout=60,
    )


def test_help_lists_the_commands(ruledesk):
    result = ruledesk("--help")
    assert result.status == 0
    for name in ("init", "check", "plugins", "pilot", "explain"):
        assert f"\n  {name} " in result.out
    assert max(map(len, result.out.splitlines())) <= 80


@pytest.mark.parametrize("name", ["init", "check", "plugins", "pilot", "explain"])
def test_every_command_has_help(ruledesk, name):
    result = ruledesk(name, "--help")
    assert (result.status, result.err) == (0, "")
    assert "Usage:" in result.out


def test_version(ruledesk):
    assert ruledesk("--version").out == f"ruledesk {__version__}\n"


def test_an_unknown_command_gets_a_suggestion(ruledesk):
    result = ruledesk("chekc")
    assert result.status == 2
    assert "accepted: check" in result.err
    assert "可接受：check" in ruledesk("chekc", LANG="zh_CN.UTF-8").err


def test_an_unknown_option_is_unusable_input(ruledesk):
    result = ruledesk("check", "--jsn")
    assert (result.status, result.out) == (2, "")
    assert "--jsn" in result.err


@pytest.mark.requirement("F4", "F5")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "--jsn"), "没有这个选项: '--jsn' (可接受: --json)"),
        (("check", "a", "b"), "多余的参数: b"),
        (("explain",), "NUMBER: 缺少此项"),
        (("print", "X", "--form", "bill"), "--form: 未知的值: 'bill' (可接受: handling, "),
        (("pilot", "run", "x", "--coverage-min", "101"), "--coverage-min: 超出范围: 101"),
        (("pilot", "run", "x", "--coverage-min", "all"), "--coverage-min: 类型错误: 'all'"),
        (("pilot", "walk"), "没有这个命令: 'walk'"),
        (("report", "--csv"), "--csv: 需要一个值"),
    ],
)
def test_what_is_wrong_with_the_arguments_is_said_in_chinese(ruledesk, arguments, said):
    result = ruledesk(*arguments, LANG="zh_CN.UTF-8")
    assert (result.status, result.out) == (2, "")
    assert f"错误: {said}" in result.err
    assert "Error" not in result.err


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "C", "LC_ALL": "C.UTF-8"}, None),
        ({"LANG": "zh_TW@radical", "LC_ALL": ""}, "zh"),
        ({}, None),
    ],
)
@pytest.mark.requirement("F5")
def test_the_language_of_the_environment(environment, expected):
    assert language(environment) == expected


@pytest.mark.requirement("F5")
def test_the_language_is_as_chosen_then_the_environments_then_the_desks():
    session = Session(environment={"LANG": "en_US"}, desk="zh-CN")
    assert session.locale == "en"
    session.chosen = "zh"
    assert session.locale == "zh"
    assert Session(environment={}, desk="zh-CN").locale == "zh"


# -- failures ---------------------------------------------------------------------------------


@pytest.fixture
def failing(monkeypatch):
    """Add a command that fails as it is told."""

    def add(error):
        @click.command()
        def fail():
            raise error

        monkeypatch.setitem(app.cli.commands, "fail", fail)

    return add


def test_errors_of_ruledesk_are_lines_on_stderr(failing, capsys):
    failing(Refused.of("wrong", "错误的", field="x", value=1, accepted=("2",)))
    assert run(["--locale", "zh", "fail"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "错误: x: 错误的: 1 (可接受: 2)\n"


def test_an_unexpected_failure_is_one_line_with_a_hint(failing, capsys):
    failing(RuntimeError("first\nsecond"))
    assert run(["fail"], Session(environment={})) == 2
    err = capsys.readouterr().err
    assert err == "unexpected failure: RuntimeError: first (run again with --debug to see where)\n"


@pytest.mark.parametrize("arguments", [["--debug", "fail"], ["fail", "--debug"]])
def test_debug_shows_the_traceback(failing, capsys, arguments):
    failing(RuntimeError("first"))
    assert run(arguments) == 2
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_quiet(failing, capsys):
    failing(KeyboardInterrupt())
    assert run(["fail"]) == 130
    assert capsys.readouterr().err.strip() == ""


def test_a_closed_pipe_is_quiet():
    reader = subprocess.Popen(
        [*COMMAND, "plugins", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    reader.stdout.close()
    assert reader.stderr.read() == b""
    reader.stderr.close()
    assert reader.wait(60) == 141


def test_an_interrupted_process_shows_no_traceback(tmp_path):
    # Waiting on a named pipe that nobody writes to: busy for as long as the signal takes.
    pipe = tmp_path / "desk.toml"
    os.mkfifo(pipe)
    # What a shell without job control runs in the background inherits that SIGINT is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        child = subprocess.Popen([*COMMAND, "check", str(tmp_path)], stderr=subprocess.PIPE)
    finally:
        signal.signal(signal.SIGINT, before)
    end = monotonic() + 30
    while child.poll() is None and monotonic() < end:
        sleep(0.3)  # until the interpreter is up; a signal before that is Python's own business
        child.send_signal(signal.SIGINT)
        try:
            child.wait(1)
        except subprocess.TimeoutExpired:
            continue
    child.kill()  # where it is still there: fail, do not hang
    err = child.stderr.read()
    child.stderr.close()
    assert child.wait(10) in (130, -signal.SIGINT)
    if child.returncode == 130:
        assert b"Traceback" not in err


def test_output_is_utf8_whatever_the_environment_says(tmp_path):
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    result = process("init", str(tmp_path / "桌"), "--locale", "zh", **environment)
    assert result.returncode == 0
    assert "已新建服务台" in result.stdout.decode("utf-8")


def test_no_traceback_for_bad_input(tmp_path):
    result = process("check", str(tmp_path))
    assert result.returncode == 2
    assert b"ruledesk init" in result.stderr
    assert b"Traceback" not in result.stderr


# -- commands of plugins ----------------------------------------------------------------------


class Extra:
    """A plugin with commands."""

    RULEDESK_API = "1.0"

    def __init__(self, *names):
        self.names = names

    @hookimpl
    def ruledesk_cli_commands(self):
        return [click.Command(name, callback=lambda: None) for name in self.names]


def loaded(**plugins):
    found = [Found(name, "test", "1", lambda one=one: one) for name, one in plugins.items()]
    return load_plugins(found=found)


def test_commands_of_plugins_are_added():
    assert list(plugin_commands(app.BUILTIN, loaded(a=Extra("serve")))) == ["serve"]


def test_a_plugin_may_not_replace_a_command(capsys):
    assert plugin_commands(app.BUILTIN, loaded(a=Extra("check", "x"))).keys() == {"x"}
    err = capsys.readouterr().err
    assert "plugin a" in err
    assert "'check'" in err


def test_a_name_that_two_plugins_give_is_refused(capsys):
    assert plugin_commands(app.BUILTIN, loaded(a=Extra("x"), b=Extra("x", "y"))).keys() == {"y"}
    assert "a and b" in capsys.readouterr().err
