"""Looking up what plugins provide."""

import click
import pytest

from ruledesk import InvalidInput
from ruledesk.errors import PluginFault


def notifier(called):
    return type("Made", (), {"name": called, "deliver": print, "close": print})


@pytest.fixture
def registry(load, plugin):
    sms, own, other = notifier("sms"), notifier("mail"), notifier("mail")
    loaded = load(
        plugin("a", notifiers=lambda: [sms, own], cli_commands=lambda: [click.Command("greet")]),
        plugin("b", notifiers=lambda: [other]),
        strict=False,
    )
    return loaded.registry


def test_by_name(registry):
    assert registry.notifiers.get("sms").name == "sms"
    assert registry.notifiers.plugin_of("sms") == "a"
    assert list(registry.notifiers.items()) == ["sms"]
    assert list(registry.cli_commands.items()) == ["greet"]


@pytest.mark.requirement("F4", "F5")
def test_an_unknown_name(registry):
    with pytest.raises(InvalidInput) as caught:
        registry.notifiers.get("smms", "desk.toml: notifiers.smms")
    assert caught.value.text("en") == (
        "desk.toml: notifiers.smms: no installed plugin provides this notifier: 'smms' "
        "(accepted: sms)"
    )
    assert caught.value.text("zh") == (
        "desk.toml: notifiers.smms: 没有已安装的插件提供此通知方式: 'smms' (可接受: sms)"
    )


def test_a_name_that_two_plugins_give_belongs_to_neither(registry):
    assert registry.notifiers.names() == ("sms",)
    with pytest.raises(PluginFault) as caught:
        registry.notifiers.get("mail", "desk.toml: notifiers.mail")
    assert "plugins a and b" in caught.value.text("en")
    assert "插件 a、b" in caught.value.text("zh")
    with pytest.raises(PluginFault, match="plugins a and b"):
        registry.notifiers.plugin_of("mail")


def test_check_names_every_contested_name(registry):
    with pytest.raises(PluginFault) as caught:
        registry.check()
    assert [(p.field, p.value) for p in caught.value.problems] == [("notifier", "mail")]


def test_what_a_plugin_provides(registry):
    assert registry.provides("a") == ("notifier:mail", "notifier:sms", "command:greet")
    assert registry.provides("b") == ("notifier:mail",)


def test_check_is_content_where_names_are_unique(load, plugin):
    load(plugin("a", notifiers=lambda: [notifier("sms")])).registry.check()
