using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

public class CharsmapTests
{
    private static readonly (string, string)[] Map =
    [
        ("\ufb01", "fi"), ("™", "TM"), ("\u001e", ""), ("\r", " "), ("\n", " "), ("e\u0301", "é"), ("\u0627\u0653", "\u0622"), ("\u0e33", "\u0e4d\u0e32"),
        ("\u095c", "\u0921\u093c"), ("𝔾", "G"), ("A", "a"), ("o", "0"), ("o\u0308", "ö"), ("\u200d", " "),
    ];

    [Theory]
    [InlineData("™\u001eg", "TMg")]
    [InlineData("\ufb01n 𝔾", "fin G")]
    [InlineData("a\r\nb\rc\n", "a b c ")]
    [InlineData("caf\u0065\u0301", "café")]
    [InlineData("\u0627\u0653پ", "آپ")]
    [InlineData("สักคำ", "ส\u0e31กค\u0e4dา")]
    [InlineData("\u095c\u0940 द\u0941ख", "ड\u093cी द\u0941ख")]
    [InlineData("\u001e", "")]
    [InlineData("A\0A", "a\0a")]
    [InlineData("", "")]
    public void Clusters_and_characters_become_what_the_map_says(string text, string expected) => Assert.Equal(expected, Normalizer(Map)(text));

    [Fact]
    public void The_shortest_key_a_short_cluster_begins_with_stands_for_all_of_it()
    {
        // As odd as the library has it: the mark goes with the o, though o and mark have a key of their own.
        Assert.Equal("0", Normalizer(Map)("o\u0308"));
        // Five bytes are tried whole; with six, character by character.
        Assert.Equal("0", Normalizer(Map)("o\u0308\u0308"));
        Assert.Equal("0\u0308\u0308\u0308", Normalizer(Map)("o\u0308\u0308\u0308"));
    }

    [Fact]
    public void Any_map_does_what_one_looked_up_in_a_list_does()
    {
        var letters = Gen.OneOf("a", "b", "\u0301", "\u0308", "é", "語", "😀", "\r", "\n", "\u200d");
        var words = letters.Array[1, 3].Select(string.Concat);
        Gen.Select(Gen.Select(words, words.Array[0, 2].Select(string.Concat)).Array[1, 8], letters.Array[0, 10].Select(string.Concat)).Sample((pairs, text) =>
        {
            var map = pairs.DistinctBy(pair => pair.Item1).ToArray();
            Assert.Equal(LookedUp(map, text), Normalizer(map)(text));
        }, iter: 3000);
    }

    private static string LookedUp((string Key, string Text)[] map, string text)
    {
        var result = new StringBuilder();
        var clusters = StringInfo.GetTextElementEnumerator(text);
        while (clusters.MoveNext())
        {
            var cluster = clusters.GetTextElement();
            var whole = Encoding.UTF8.GetByteCount(cluster) < 6 && Find(cluster) is not null;
            var parts = whole ? [cluster] : cluster.EnumerateRunes().Select(rune => rune.ToString());
            result.Append(string.Concat(parts.Select(part => Find(part) ?? part)));
        }

        return result.ToString();

        string? Find(string part) =>
            map.Where(each => part.StartsWith(each.Key, StringComparison.Ordinal)).OrderBy(each => each.Key.Length).FirstOrDefault().Text;
    }

    private static Func<string, string> Normalizer((string, string)[] map) => TinyNormalizers.Read(new JsonObject
    {
        ["type"] = "Precompiled",
        ["precompiled_charsmap"] = DoubleArray.Of(map),
    });
}
