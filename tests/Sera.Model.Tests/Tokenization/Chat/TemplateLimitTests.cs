using Sera.Model.Tokenization.Chat;
using Xunit;

namespace Sera.Model.Tests.Tokenization.Chat;

/// <summary>Templates made to exhaust the machine end early, and say what they exceeded.</summary>
public sealed class TemplateLimitTests
{
    private const long MostAllocated = 1L << 30;

    public static TheoryData<string, string> Bombs => new()
    {
        { "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "steps" },
        { "{% for a in range(100001) %}{% endfor %}", "a range of more than 100000" },
        { "{% set n = namespace(x='ab') %}{% for a in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}", "characters of text" },
        { "{% set n = namespace(x='ab') %}{% for a in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}", "characters of text" },
        { "{{ 'a' * 999999999999 }}", "characters of text" },
        { "{% set n = namespace(x=[1]) %}{% for a in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}", "steps" },
        { "{% set n = namespace(x=[1]) %}{% for a in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x | tojson }}", "" },
        { "{% set n = namespace(x=[1]) %}{% for a in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}", "" },
        { "{% set n = namespace(x=[1], y=[1]) %}{% for a in range(60) %}{% set n.x = [n.x, n.x] %}{% set n.y = [n.y, n.y] %}{% endfor %}{{ n.x == n.y }}", "steps" },
        { "{% set n = namespace(x=1) %}{% for a in range(9999) %}{% set n.x = {'a': n.x} %}{% endfor %}{{ n.x | tojson }}", "levels" },
        { "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "levels" },
        { "{% macro m(x) %}{% if x > 0 %}{{ m(x - 1) }}{{ m(x - 1) }}{% endif %}{% endmacro %}{{ m(40) }}", "steps" },
        { "{% set a = 'a' * 1000000 %}{{ a.find('a' * 500000 ~ 'b') }}", "steps" },
        { "{% set a = 'a' * 1000000 %}{{ a | replace('a', 'b' * 1000) }}", "characters of text" },
        { "{% set a = 'a' * 1000000 %}{% for i in range(99999) %}{% set b = a | list %}{% endfor %}", "steps" },
        { "{{ range(100000) | join('x' * 10000) }}", "characters of text" },
        { "{{ ('a\n' * 100000) | indent('x' * 10000) }}", "characters of text" },
        { "{{ range(100000) | unique | list | length }}", "steps" },
        { "{{ 10 ** 19 }}", "64 bits" },
        { "{{ " + new string('(', 9999) + "1" + new string(')', 9999) + " }}", "levels of nesting" },
        { "{{ " + new string('-', 9999) + "1 }}", "levels of nesting" },
        { "{{ a" + string.Concat(Enumerable.Repeat(".a", 9999)) + " }}", "behind one another" },
        { "{{ " + string.Concat(Enumerable.Repeat("1 if 1 else ", 9999)) + "1 }}", "levels of nesting" },
        { string.Concat(Enumerable.Repeat("{% if 1 %}", 9999)), "levels of nesting" },
        { new string('x', TemplateLimits.SourceCharacters + 1), "characters of source" },
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public void A_bomb_is_refused_before_it_has_used_much(string template, string exceeded)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Rendered.Refused(template);
        Assert.Equal(TemplateFault.Limit, error.Fault);
        Assert.Contains(exceeded, error.Message, StringComparison.Ordinal);
        // All that was ever allocated, collected or not; what was in use at once is a part of it.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated);
    }

    [Fact]
    public void Long_sums_joins_and_choices_are_not_deep()
    {
        Assert.Equal("5000", Rendered.Text("{{ " + string.Join(" + ", Enumerable.Repeat("1", 5000)) + " }}"));
        Assert.Equal(new string('1', 5000), Rendered.Text("{{ " + string.Join(" ~ ", Enumerable.Repeat("1", 5000)) + " }}"));
        Assert.Equal("x", Rendered.Text("{% if 0 %}" + string.Concat(Enumerable.Repeat("{% elif 0 %}", 2000)) + "{% else %}x{% endif %}"));
    }

    [Fact]
    public void A_long_conversation_is_far_from_the_limits()
    {
        var template = "{% for m in messages %}{{ '<|' + m['role'] + '|>\n' + m['content'] | trim + '<|end|>\n' }}{% endfor %}";
        var message = new MapValue(new OrderedDictionary<string, Value> { ["role"] = new TextValue("user"), ["content"] = new TextValue(new string('x', 2000)) });
        var text = Rendered.Text(template, ("messages", new SequenceValue([.. Enumerable.Repeat(message, 1000)], SequenceKind.List)));
        Assert.Equal(1000 * (2000 + "<|user|>\n<|end|>\n".Length), text.Length);
    }
}
