using Sera.Model.Tokenization.Chat;
using Xunit;

namespace Sera.Model.Tests.Tokenization.Chat;

/// <summary>What is not supported is refused by name and line, and the sandbox has no way out.</summary>
public sealed class RefusedTemplateTests
{
    [Theory]
    [InlineData("a\n{{ x | wordcount }}", 2, "the filter 'wordcount'")]
    [InlineData("{% if 0 %}\n\n{{ x is sameas y }}{% endif %}", 3, "the test 'sameas'")]
    [InlineData("{{ ['a'] | map('wordcount') | list }}", 1, "the filter 'wordcount'")]
    [InlineData("{{ ['a'] | select('sameas', 1) | list }}", 1, "the test 'sameas'")]
    [InlineData("\n\n{{ 'a'.zfill(3) }}", 3, "the method 'zfill' of a str")]
    [InlineData("{{ [1].append(2) }}", 1, "the method 'append' of a list")]
    [InlineData("{{ {'a': 1}.pop('a') }}", 1, "the method 'pop' of a dict")]
    [InlineData("x\n{% include 'y' %}", 2, "the statement 'include'")]
    [InlineData("{% import 'y' as z %}", 1, "the statement 'import'")]
    [InlineData("{% with a = 1 %}{% endwith %}", 1, "the statement 'with'")]
    [InlineData("{% do [].append(1) %}", 1, "the statement 'do'")]
    [InlineData("{% for x in [1] recursive %}{% endfor %}", 1, "a recursive loop")]
    [InlineData("{{ f(*x) }}", 1, "arguments unpacked")]
    [InlineData("{{ cycler(1) }}", 1, "'cycler'")]
    [InlineData("{{ ''.__class__.__mro__ }}", 1, "access to '__class__'")]
    [InlineData("{{ ''['__class__'] }}", 1, "access to '__class__'")]
    [InlineData("{{ ([''] | map(attribute='__class__') | list) }}", 1, "access to '__class__'")]
    [InlineData("{{ raise_exception.__globals__ }}", 1, "access to '__globals__'")]
    [InlineData("{{ strftime_now('%Z') }}", 1, "'%Z' of strftime_now")]
    [InlineData("{{ ('a' | safe) ~ 'b' }}", 1, "the filter 'safe'")]
    public void What_is_not_supported_is_named_with_its_line(string template, int line, string named)
    {
        var error = Rendered.Refused(template);
        Assert.Equal((TemplateFault.Unsupported, line), (error.Fault, error.Line));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.False(error.OfConversation);
    }

    [Theory]
    [InlineData("a\n{% if x %}b", 2, "'if' without its 'endif'")]
    [InlineData("{{ x }", 1, "unexpected '}'")]
    [InlineData("{# x", 1, "a comment without its '#}'")]
    [InlineData("{% raw %}x", 1, "'raw' without its 'endraw'")]
    [InlineData("{{ 'x }}", 1, "a text without its closing quote")]
    [InlineData("\n{% foo %}", 2, "the unknown or misplaced statement 'foo'")]
    [InlineData("{% endif %}", 1, "the unknown or misplaced statement 'endif'")]
    [InlineData("{% break %}", 1, "'break' outside of a loop")]
    [InlineData("{{ 1 + }}", 1, "'}}' where an expression should be")]
    [InlineData("{{ f(a=1, 2) }}", 1, "without a name behind one with a name")]
    public void What_is_no_Jinja_is_refused_with_its_line(string template, int line, string found)
    {
        var error = Rendered.Refused(template);
        Assert.Equal((TemplateFault.Syntax, line), (error.Fault, error.Line));
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ raise_exception('roles must\nalternate') }}", "roles must\nalternate")]
    [InlineData("\n{{ x.y }}", "'x' is undefined")]
    [InlineData("{{ {'a': 1}.b.c }}", "'dict object' has no attribute 'b'")]
    [InlineData("{{ 'a' + 1 }}", "can only concatenate str (not \"int\") to str")]
    [InlineData("{{ none | length }}", "object of type 'NoneType' has no len()")]
    public void A_conversation_that_a_template_refuses_is_told_apart_from_a_bad_template(string template, string message)
    {
        var error = Rendered.Refused(template);
        Assert.True(error.OfConversation);
        Assert.Equal(message, error.Message);
    }
}
