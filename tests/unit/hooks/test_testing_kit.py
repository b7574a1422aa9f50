"""The doubles that plugin authors get."""

import pytest

from ruledesk.errors import PluginFault
from ruledesk.hooks.kinds import DeliveryError
from ruledesk.model.ticket import Call
from ruledesk.testing import doubles
from ruledesk.testing.plugin import load_only, plugin_name


def test_the_channel_context_answers_what_it_was_made_with():
    call = Call("c1")
    context = doubles.FakeChannelContext(
        sources={"mail:1": "T1"}, tickets=frozenset({"T2"}), calls={"c1": (call, "T1")}
    )
    assert (context.ticket_of("mail:1"), context.ticket_of("mail:2")) == ("T1", None)
    assert [context.has_ticket(n) for n in ("T1", "T2", "T3")] == [True, True, False]
    assert (context.call("c1"), context.call("c2")) == ((call, "T1"), None)
    assert context.now == doubles.NOON


def test_the_notifier_records_or_fails():
    notifier = doubles.RecordingNotifier(doubles.settings())
    notifier.deliver(doubles.message())
    assert notifier.delivered == [doubles.message()]
    notifier.failure = DeliveryError("busy")
    with pytest.raises(DeliveryError, match="busy"):
        notifier.deliver(doubles.message())
    notifier.close()
    assert notifier.closed


def test_values_can_be_changed():
    assert doubles.ticket(number="T9").number == "T9"
    assert doubles.requester(level="vip").level == "vip"
    assert doubles.event(version=5).version == 5
    assert doubles.message(via="email").via == "email"
    assert doubles.submission({"urgency": "urgent"}).fields == {"urgency": "urgent"}
    assert doubles.settings(path="x").text("path") == "x"


def test_only_the_given_plugins_are_loaded(load, plugin):
    loaded = load(plugin("vendor.acme"))
    assert [info.name for info in loaded.infos] == ["acme"]


def test_a_plugin_that_cannot_be_used_fails_the_test(load, plugin):
    with pytest.raises(PluginFault, match="ruledesk_validate"):
        load_only(plugin("acme", validat=lambda: None))
    with pytest.raises(PluginFault, match="no_such_module"):
        load("no_such_module")
    assert load("no_such_module", strict=False).infos[0].status == "broken"


def test_contested_names_fail_the_test(load, plugin):
    def providing():
        return lambda: [doubles.RecordingNotifier]

    with pytest.raises(PluginFault, match="a and b"):
        load(plugin("a", notifiers=providing()), plugin("b", notifiers=providing()))


def test_names():
    class Acme:
        pass

    assert [plugin_name(p) for p in ("a.b", Acme(), Acme)] == ["b", "Acme", "Acme"]
