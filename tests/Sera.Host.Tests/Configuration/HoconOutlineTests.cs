using Sera.Host.Configuration;
using Sera.Model.Data;
using Xunit;

namespace Sera.Host.Tests.Configuration;

public sealed class HoconOutlineTests
{
    [Fact]
    public void Lines_follow_nesting_comments_quotes_and_lists()
    {
        var outline = HoconOutline.Of("f", """
            # sera { run { seed = 3 } }
            sera {
              run { name = "a } b", seed = 5 }  // sera.run.rounds = 1
              data {
                pairs = "x # not a comment"
              }
              lora.targets = [
                "q_proj", # one
                v_proj
              ]
              loss {
                beta : 0.5
              }
            }
            sera.loss { name = dpo }
            """);
        Assert.Equal(3, outline.LineOf("sera.run.name"));
        Assert.Equal(3, outline.LineOf("sera.run.seed"));
        Assert.Equal(5, outline.LineOf("sera.data.pairs"));
        Assert.Equal(7, outline.LineOf("sera.lora.targets"));
        Assert.Equal(12, outline.LineOf("sera.loss.beta"));
        Assert.Equal(15, outline.LineOf("sera.loss.name"));
    }

    [Fact]
    public void The_last_of_several_places_counts() => Assert.Equal(3, HoconOutline.Of("f", "a.b = 1\na.c = 1\na { b = 2 }").LineOf("a.b"));

    [Fact]
    public void Blocks_in_a_list_have_lines_where_they_are_allowed()
    {
        const string text = "a = [\n { b = 1 },\n { b = 2,\n c { d = 3 }\n }\n]\n";
        var outline = HoconOutline.Of("f", text, blocksInLists: true);
        Assert.Equal((2, 3, 4), (outline.LineOf("a[0].b"), outline.LineOf("a[1]"), outline.LineOf("a[1].c.d")));
        Assert.StartsWith("f:2: a block within a list", Assert.Throws<InputException>(() => HoconOutline.Of("f", text)).Message);
    }

    [Fact]
    public void A_key_after_a_triple_quoted_text_keeps_its_line() => Assert.Equal(4, HoconOutline.Of("f", "a = \"\"\"x\ny\n\"\"\"\nb = 1").LineOf("b"));

    [Theory]
    [InlineData("sera {\n run {\n seed = 1\n}\n", 1, "never closed")]
    [InlineData("sera {\n}\n}", 3, "without its '{'")]
    [InlineData("a = 1\nb = [1, 2\n", 2, "never closed")]
    [InlineData("a = 1\nb = \"x\nc = 2", 2, "never closed")]
    [InlineData("a = 1\nb =\nc = 2", 2, "without a value")]
    [InlineData("a = 1\nthis is no key", 2, "without a value")]
    [InlineData("a = 1\ninclude \"x.conf\"", 2, "include")]
    [InlineData("a = 1 ]", 1, "without its '['")]
    [InlineData("a = 1\nb { c { d = 1 }, e = 2 }", 2, "a ',' after a block")]
    [InlineData("a = 1\n\n= 2", 3, "= 2")]
    public void What_the_parser_would_bend_is_refused_with_its_line(string text, int line, string found)
    {
        var error = Assert.Throws<InputException>(() => HoconOutline.Of("run.conf", text));
        Assert.StartsWith($"run.conf:{line}: ", error.Message);
        Assert.Contains(found, error.Message);
    }
}
