"""Loading: what is on, what is left out, and why."""

import sys
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pluggy
import pytest

from ruledesk import InvalidInput, hookimpl
from ruledesk.errors import PluginFault
from ruledesk.hooks.builtin import BUILTIN, builtin_name
from ruledesk.hooks.discovery import Found, find
from ruledesk.hooks.guard import Guard
from ruledesk.hooks.manager import load_plugins
from ruledesk.testing import doubles


def found(module, name="", source="acme-dist", version="1.2"):
    return Found(name or module.__name__, source, version, lambda: module)


def nothing():
    """A hook that does nothing."""


@pytest.fixture
def only():
    """Load found plugins; returns what is known of each by name."""
    guards = []

    def loading(*plugins, **switches):
        guards.append(Guard())
        return load_plugins(found=plugins, guard=guards[-1], **switches)

    yield loading
    for guard in guards:
        guard.close()


class Channel:
    name = "drop"

    def receive(self, raw, context): ...


def test_what_is_told_of_a_plugin(only, plugin):
    module = plugin("acme", channels=lambda: [Channel], validate=nothing, after_event=nothing)
    info = only(found(module)).infos[0]
    assert (info.name, info.version, info.source, info.status) == ("acme", "1.2", "acme-dist", "on")
    assert info.provides == ("channel:drop", "hook:ruledesk_validate", "hook:ruledesk_after_event")
    assert (info.why, info.why_zh) == ("installed", "已安装")


# -- on and off ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switches", "on"),
    [
        ({}, ["a", "b"]),
        ({"enabled": ["b"]}, ["b"]),
        ({"enabled": []}, []),
        ({"disabled": ["a"]}, ["b"]),
        ({"enabled": ["a", "b"], "disabled": ["b"]}, ["a"]),
    ],
)
def test_switches(only, plugin, switches, on):
    plugins = only(found(plugin("a")), found(plugin("b")), **switches)
    assert [info.name for info in plugins.infos if info.status == "on"] == on
    assert all(info.why and info.why_zh for info in plugins.infos)


def test_what_is_off_is_not_imported(only):
    def explode():
        raise AssertionError("imported")

    plugins = only(Found("a", "x", "1", explode), disabled=["a"])
    assert plugins.infos[0].status == "off"


@pytest.mark.requirement("F4")
@pytest.mark.parametrize("key", ["enabled", "disabled"])
def test_a_switch_for_an_unknown_plugin(only, plugin, key):
    with pytest.raises(InvalidInput) as caught:
        only(found(plugin("slack")), where="desk.toml: plugins", **{key: ["slak"]})
    problem = caught.value.problems[0]
    assert (problem.field, problem.value) == (f"desk.toml: plugins.{key}", "slak")
    assert problem.accepted == ("slack",)


# -- broken ----------------------------------------------------------------------------------------


def unusable(only, *plugins):
    """Load with a good neighbour, which must not suffer; returns the first."""
    good = SimpleNamespace(RULEDESK_API="1.0", ruledesk_after_event=hookimpl(nothing))
    loaded = only(*plugins, Found("good", "x", "1", lambda: good))
    assert loaded.info("good").status == "on"
    assert loaded.hooks.after_event(doubles.ticket(), doubles.event()) == ()
    assert loaded.info("good").provides == ("hook:ruledesk_after_event",)
    info = loaded.infos[0]
    assert not info.provides
    assert loaded.manager.get_plugin(info.name) is None
    return info


@pytest.mark.parametrize("error", [ImportError("No module named x"), SyntaxError(), SystemExit(1)])
def test_a_plugin_that_cannot_be_imported(only, caplog, error):
    def load():
        raise error

    info = unusable(only, Found("acme", "acme-dist", "1", load))
    assert info.status == "broken"
    assert type(error).__name__ in info.why
    assert type(error).__name__ in info.why_zh
    assert "acme" in caplog.text


def test_a_misspelt_hook(only, plugin):
    info = unusable(only, found(plugin("acme", validat=nothing)))
    assert info.status == "broken"
    assert info.why == ("ruledesk_validat: there is no such hook; did you mean ruledesk_validate?")
    assert "ruledesk_validate" in info.why_zh


def test_a_hook_that_is_like_none(only, plugin):
    info = unusable(only, found(plugin("acme", zzz=nothing)))
    assert "ruledesk_channels" in info.why


def test_an_optional_hook_may_be_unknown(only, plugin):
    module = plugin("acme", of_tomorrow=hookimpl(lambda x: None, optionalhook=True))
    assert only(found(module)).infos[0].status == "on"


def test_a_wrong_argument(only, plugin):
    info = unusable(only, found(plugin("acme", validate=lambda line, submision: None)))
    assert info.status == "broken"
    assert "ruledesk_validate: the hook has no such argument: 'submision'" in info.why
    assert "line, submission" in info.why


def test_what_pluggy_refuses_is_broken_too(only, plugin, monkeypatch):
    """pluggy 1.5 leaves such a plugin half registered."""
    module = plugin("acme", after_event=nothing)
    register = pluggy.PluginManager.register

    def refusing(manager, registered, name=None):
        done = register(manager, registered, name)
        if registered is module:
            raise pluggy.PluginValidationError(registered, "does not fit")
        return done

    monkeypatch.setattr(pluggy.PluginManager, "register", refusing)
    info = unusable(only, found(module))
    assert (info.status, "does not fit" in info.why) == ("broken", True)


def test_a_hook_that_passes_the_inspection_is_still_checked_as_pending(only, plugin, monkeypatch):
    monkeypatch.setattr("ruledesk.hooks.loader.notes", lambda manager, plugin: ())
    info = unusable(only, found(plugin("acme", validat=nothing)))
    assert "unknown hook 'ruledesk_validat'" in info.why


@pytest.mark.parametrize("option", ["wrapper", "hookwrapper"])
def test_a_wrapper(only, plugin, option):
    def wrapping(line):
        yield

    module = plugin("acme", validate=hookimpl(wrapping, **{option: True}))
    info = unusable(only, found(module))
    assert (info.status, "wrappers" in info.why) == ("broken", True)


def test_a_hook_without_the_marker_is_noted(only, plugin):
    info = only(found(plugin("acme", validate=lambda: None, marked=False))).infos[0]
    assert info.status == "on"
    assert "for want of @hookimpl: ruledesk_validate" in info.why


def test_one_module_under_two_names(only, plugin):
    module = plugin("acme", validate=nothing)
    first, second = only(found(module, "a"), found(module, "b")).infos
    assert (first.status, second.status) == ("on", "broken")


@pytest.mark.parametrize(
    ("component", "says"),
    [
        ("text", "a sequence of Channel classes"),
        ([Channel()], "a sequence of Channel classes"),
        ([type("Nameless", (), {"receive": nothing})], "with 'name'"),
        ([type("Odd", (), {"receive": nothing, "name": "a b"})], "a name of letters"),
        ([type("Deaf", (), {"name": "deaf"})], "a method receive()"),
    ],
)
def test_a_component_that_is_none(only, plugin, component, says):
    info = unusable(only, found(plugin("acme", channels=lambda: component)))
    assert (info.status, says in info.why) == ("broken", True), info.why


@pytest.mark.parametrize("value", [{"mine": "a.toml"}, {"mine": None}, ["a.toml"]])
def test_a_ruleset_that_is_no_path(only, plugin, value):
    assert unusable(only, found(plugin("acme", rulesets=lambda: value))).status == "broken"


def test_a_ruleset_that_does_not_exist(only, plugin, tmp_path):
    module = plugin("acme", rulesets=lambda: {"mine": tmp_path / "mine.toml"})
    assert "that exists" in unusable(only, found(module)).why


def test_a_plugin_that_fails_in_one_registering_hook_provides_nothing(only, plugin):
    module = plugin("acme", channels=lambda: [Channel], notifiers=lambda: 1 / 0)
    loaded = only(found(module))
    assert loaded.infos[0].status == "broken"
    assert loaded.registry.channels.names() == ()


# -- versions of the hook specs --------------------------------------------------------------------


@pytest.mark.parametrize("api", ["1.0", "1"])
def test_a_version_that_fits(only, plugin, api):
    assert only(found(plugin("acme", api=api))).infos[0].why == "installed"


@pytest.mark.parametrize("api", ["1.1", "2.0", "0.9", "2"])
def test_a_version_that_does_not_fit(only, plugin, api):
    info = unusable(only, found(plugin("acme", api=api)))
    assert info.status == "incompatible"
    assert repr(api) in info.why
    assert "1.0" in info.why


def test_a_later_desk_takes_plugins_of_earlier_minor_versions(only, plugin, monkeypatch):
    monkeypatch.setattr("ruledesk.API_VERSION", "1.3")
    statuses = [only(found(plugin("a", api=f"1.{n}"))).infos[0].status for n in range(5)]
    assert statuses == ["on", "on", "on", "on", "incompatible"]


@pytest.mark.parametrize("api", [1.0, "one", "1.0.0", ""])
def test_a_version_that_is_none(only, plugin, api):
    assert unusable(only, found(plugin("acme", api=api))).status == "broken"


def test_no_version(only, plugin):
    info = only(found(plugin("acme", api=None))).infos[0]
    assert info.status == "on"
    assert "declares no RULEDESK_API" in info.why
    assert "未声明 RULEDESK_API" in info.why_zh


# -- names -----------------------------------------------------------------------------------------


def test_two_third_parties_with_one_name_are_both_refused(only, plugin):
    infos = only(found(plugin("sms"), source="a-dist"), found(plugin("sms"), source="b-dist")).infos
    for info in infos:
        assert info.status == "broken"
        assert "a-dist and b-dist" in info.why
        assert "a-dist、b-dist" in info.why_zh


def test_a_first_party_plugin_keeps_its_name(only, plugin):
    own, other = only(
        found(plugin("web"), source="built-in"), found(plugin("web"), source="acme-dist")
    ).infos
    assert (own.status, other.status) == ("on", "broken")
    assert "built-in and acme-dist" in other.why


def test_a_contested_component_is_noted_at_both(only, plugin):
    loaded = only(
        found(plugin("a", channels=lambda: [Channel])),
        found(plugin("b", channels=lambda: [type("Other", (Channel,), {})])),
    )
    for info in loaded.infos:
        assert info.status == "on"
        assert "the plugins a and b both provide this channel" in info.why
    with pytest.raises(PluginFault, match="a and b"):
        loaded.registry.channels.get("drop")


# -- finding ---------------------------------------------------------------------------------------


def test_builtins_come_first_and_the_rest_by_name():
    points = [
        EntryPoint("zeta", "zeta", "ruledesk"),
        EntryPoint("alpha", "alpha:plugin", "ruledesk"),
        EntryPoint("web", "ruledesk_plugins.web", "ruledesk"),
    ]
    plugins = find(BUILTIN, points)
    assert [one.name for one in plugins] == [
        *(builtin_name(module) for module in BUILTIN),
        "alpha",
        "zeta",
    ]


def test_a_builtin_is_imported_by_its_module(tmp_path, monkeypatch):
    (tmp_path / "ruledesk_madeup.py").write_text("RULEDESK_API = '1.0'")
    monkeypatch.syspath_prepend(tmp_path)
    (one,) = find(["ruledesk_madeup"], [])
    assert (one.name, one.source) == ("madeup", "built-in")
    assert one.load() is sys.modules["ruledesk_madeup"]
    monkeypatch.delitem(sys.modules, "ruledesk_madeup")


def test_the_manager_belongs_to_whoever_loaded_it(only, plugin):
    one, other = only(found(plugin("a", after_event=nothing))), only()
    assert one.hooks.implements("ruledesk_after_event")
    assert not other.hooks.implements("ruledesk_after_event")
