using Sera.Model.Data;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

public class SplitPatternTests
{
    [Fact]
    public void A_pattern_that_tries_every_way_through_a_text_is_given_up()
    {
        var pattern = SplitPattern.OfRegex(@"(?:a|aa)+(?!a)\p{N}");
        var matches = new List<(int, int)> { (7, 8) };
        pattern.FindAll("aaa1", matches);
        Assert.Equal([(7, 8), (0, 4)], matches);
        var error = Assert.Throws<InputException>(() => pattern.FindAll(new string('a', 80), matches)).Message;
        Assert.StartsWith("tokenizer.json: the pattern ", error, StringComparison.Ordinal);
        Assert.Contains("is not done with 80 characters after 1.5 s; expected one that does not try every way", error, StringComparison.Ordinal);
        Assert.Equal(2, matches.Count);
    }

    private const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    [Theory]
    [InlineData(SplitPattern.Gpt2, "I'll go  to 1234!?\n\n x", "I|'ll| go| | to| 1234|!?|\n\n| x")]
    [InlineData(SplitPattern.Gpt2, "a  ", "a|  ")]
    [InlineData(SplitPattern.Gpt2, " 𠀀字 𝟙2😀", " 𠀀字| 𝟙2|😀")]
    [InlineData(SplitPattern.Gpt2, "We'Ve", "We|'|Ve")]
    [InlineData(Llama3, "We'VE it'ſ 12345", "We|'VE| it|'ſ| |123|45")]
    [InlineData(Llama3, "(abc) x=\n\ny\r\n  z", "(abc|)| x|=\n\n|y|\r\n| | z")]
    [InlineData(Llama3, "𝟘𝟙𝟚𝟛", "𝟘𝟙𝟚|𝟛")]
    [InlineData(Qwen2, "ab12", "ab|1|2")]
    [InlineData(@"\p{L}++a|.?", null, null)]
    [InlineData(@"[a-c]++[^\S\n]|x{2,}?", null, null)]
    [InlineData(@"(?>[ab]+)", null, null)]
    [InlineData(@"(?<=a)b", null, null)]
    [InlineData(@"\p{Han}+", null, null)]
    [InlineData(@"[一-龥]+", null, null)]
    [InlineData(@"[a&&b]", null, null)]
    [InlineData(@"[[:alpha:]]", null, null)]
    [InlineData(@"(?i:ss)", null, null)]
    [InlineData(@"a{1,2}+", null, null)]
    [InlineData(@"(a", null, null)]
    [InlineData(@"a)", null, null)]
    [InlineData(@"[a", null, null)]
    [InlineData(@"^a$", null, null)]
    [InlineData(@"\", null, null)]
    public void A_pattern_splits_as_code_points_or_is_refused(string pattern, string? text, string? expected)
    {
        if (text is null)
        {
            Assert.Throws<FormatException>(() => SplitPattern.OfRegex(pattern));
            return;
        }

        var matches = new List<(int Start, int End)>();
        SplitPattern.OfRegex(pattern).FindAll(text, matches);
        Assert.Equal(expected, string.Join('|', matches.Select(match => text[match.Start..match.End])));
    }

    [Fact]
    public void A_possessive_count_gives_nothing_back()
    {
        Assert.Empty(Find(@"[ab]++a", "aba"));
        Assert.Equal([(0, 3)], Find(@"[ab]+a", "aba"));
    }

    [Theory]
    [InlineData("Isolated", false, "a|--|b|-|c")]
    [InlineData("Removed", false, "a|b|c")]
    [InlineData("MergedWithPrevious", false, "a-|-|b-|c")]
    [InlineData("MergedWithNext", false, "a|-|-b|-c")]
    [InlineData("Contiguous", false, "a|--|b|-|c")]
    [InlineData("Removed", true, "-|-|-")]
    public void Matches_are_kept_dropped_or_joined_as_the_behavior_says(string behavior, bool invert, string expected)
    {
        var pieces = new List<TextPiece>();
        var pattern = behavior == "Isolated" ? SplitPattern.OfRegex("-+") : SplitPattern.OfString("-");
        var matches = new List<(int Start, int End)>();
        pattern.FindAll("a--b-c", matches);
        PieceSplit.Apply(new TextPiece("a--b-c", 0, 6, true), matches, behavior, invert, pieces);
        Assert.Equal(expected, string.Join('|', pieces.Select(piece => piece.Span.ToString())));
    }

    private static List<(int Start, int End)> Find(string pattern, string text)
    {
        var matches = new List<(int Start, int End)>();
        SplitPattern.OfRegex(pattern).FindAll(text, matches);
        return matches;
    }
}
