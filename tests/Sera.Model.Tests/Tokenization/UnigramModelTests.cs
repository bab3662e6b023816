using System.Text;
using CsCheck;
using Sera.Model.Data;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

public class UnigramModelTests
{
    // The vocabulary and the segmentations that the tests of the "tokenizers" library hold themselves to.
    private static readonly (string, double)[] Published =
    [
        ("<unk>", 0), ("ab", 0), ("cd", -0.1), ("abc", -0.2), ("a", -0.3), ("b", -0.4), ("c", -0.5), ("ABC", -0.5), ("abcdabcd", 20),
        ("q", 20.5), ("r", 20.5), ("qr", -0.5),
    ];

    [Theory]
    [InlineData("abc", "abc")]
    [InlineData("AB", "<unk>")]
    [InlineData("abcd", "ab|cd")]
    [InlineData("abcc", "abc|c")]
    [InlineData("xabcabaabcdd", "<unk>|abc|ab|a|ab|cd|<unk>")]
    [InlineData("xyz東京", "<unk>")]
    [InlineData("ABC", "ABC")]
    [InlineData("abABCcd", "ab|ABC|cd")]
    [InlineData("ababcdabcdcd", "ab|abcdabcd|cd")]
    [InlineData("abqrcd", "ab|q|r|cd")]
    [InlineData("", "")]
    public void Segmentations_are_those_of_the_library(string text, string expected) =>
        Assert.Equal(expected, TinyUnigrams.Names(TinyTokenizers.Load(TinyUnigrams.Of(false, Published)), text));

    /// <summary>Sums that would be equal are not in the library, which reads one of the scores as its neighbour (see SerdeNumber).</summary>
    [Fact]
    public void Scores_are_read_as_the_library_reads_them() => Assert.Equal("aaa|aaa|a", TinyUnigrams.Names(TinyTokenizers.Load(TinyUnigrams.Of(
        false, ("<unk>", 0), ("a", -7.584175109863281), ("aa", -11.246724128723145), ("aaa", -10.113302230834961))), "aaaaaaa"));

    [Fact]
    public void Scores_may_be_above_zero_and_the_highest_sum_wins()
    {
        var tokenizer = TinyTokenizers.Load(TinyUnigrams.Of(
            false, ("<unk>", 0), ("a", 0), ("b", 0), ("c", 0), ("d", 0), ("cd", 1), ("ab", 2), ("abc", 5), ("abcd", 10)));
        Assert.Equal("abcd|a|cd|<unk>", TinyUnigrams.Names(tokenizer, "abcdacdxx"));
    }

    [Fact]
    public void Bytes_stand_for_the_unknown_where_all_of_them_are_pieces()
    {
        var tokenizer = TinyTokenizers.Load(TinyUnigrams.Of(
            true, ("<unk>", 0), ("<0x85>", -0.02), ("<0xE2>", -0.03), ("<0x90>", -0.04), ("<0x91>", -0.05), ("<0x9B>", -0.06),
            ("Hello", -0.1), ("how", -0.2), ("are", -0.3), (" ", -0.4)));
        Assert.Equal(
            "Hello|<0xE2>|<0x85>|<0x90>|how| |are|<0xE2>|<0x85>|<0x91>|<0xE2>|<0x85>|<0x91>",
            TinyUnigrams.Names(tokenizer, "Hello⅐how are⅑⅑"));
        // U+2030 has a byte that is no piece: then the whole run is unknown, its neighbours that have bytes too.
        Assert.Equal(" |<unk>", TinyUnigrams.Names(tokenizer, " unknown‰"));
        Assert.Equal(" |<unk>", TinyUnigrams.Names(tokenizer, " ⅐‰"));
    }

    [Fact]
    public void Of_equal_sums_the_longer_last_piece_stays()
    {
        // a|bc, ab|c and a|b|c all have -4: of those that end in c, "ab" and "a|b" are equal too.
        var tokenizer = TinyTokenizers.Load(TinyUnigrams.Of(false, ("<unk>", 0), ("a", -1), ("b", -1), ("c", -2), ("ab", -2), ("bc", -3)));
        Assert.Equal("a|bc", TinyUnigrams.Names(tokenizer, "abc"));
        Assert.Equal("ab", TinyUnigrams.Names(tokenizer, "ab"));
    }

    [Fact]
    public void The_unknown_costs_ten_more_than_the_lowest_score()
    {
        // x is unknown at -30, so x and a are -15; an equal sum that begins earlier was found first.
        Assert.Equal("xa", Names(-14.5));
        Assert.Equal("xa", Names(-15));
        Assert.Equal("<unk>|a", Names(-15.5));

        static string Names(double score) =>
            TinyUnigrams.Names(TinyTokenizers.Load(TinyUnigrams.Of(false, ("<unk>", 0), ("a", 15), ("b", -20), ("xa", score))), "xa");
    }

    [Fact]
    public void The_text_of_the_unknown_piece_fuses_with_what_is_unknown_beside_it()
    {
        var tokenizer = TinyTokenizers.Load(TinyUnigrams.Of(false, ("<unk>", 0), ("a", -1)));
        Assert.Equal("a|<unk>|a", TinyUnigrams.Names(tokenizer, "a<unk>a"));
        Assert.Equal("a|<unk>|a", TinyUnigrams.Names(tokenizer, "ax<unk>ya"));
    }

    [Fact]
    public void A_run_of_unknowns_that_is_a_piece_is_that_piece()
    {
        // At 30 the lowest score, two unknowns are worth 40 and the piece of both 30.
        var tokenizer = TinyTokenizers.Load(TinyUnigrams.Of(false, ("<unk>", 50), ("xy", 30), ("a", 31)));
        Assert.Equal("a|xy|a", TinyUnigrams.Names(tokenizer, "axya"));
        Assert.Equal("a|<unk>|a", TinyUnigrams.Names(tokenizer, "axyxa"));
    }

    [Fact]
    public void Without_an_unknown_token_a_text_of_known_pieces_is_encoded_and_any_other_is_refused()
    {
        var tokenizer = TinyUnigrams.Of(true, ("a", -1), ("ab", -2), ("<0x78>", -3));
        tokenizer["model"]!["unk_id"] = null;
        var loaded = TinyTokenizers.Load(tokenizer);
        Assert.Equal("a|ab", TinyUnigrams.Names(loaded, "aab"));
        var line = Assert.Throws<InputException>(() => loaded.Encode("ax")).Message;
        Assert.Contains("no unk_id", line);
        Assert.Contains("\"x\"", line);
    }

    [Fact]
    public void T5_marks_words_cuts_the_end_and_closes_with_its_end_token()
    {
        foreach (var metaspace in new[]
        {
            """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""",
            """{"type":"Metaspace","replacement":"▁","add_prefix_space":true}""",
            """{"type":"Metaspace","replacement":"▁","str_rep":"▁","add_prefix_space":true}""",
            """{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","add_prefix_space":true}]}""",
        })
        {
            var tokenizer = TinyTokenizers.Load(
                TinyUnigrams.T5(metaspace).ToJsonString(), ("tokenizer_config.json", """{"eos_token":"</s>","unk_token":"<unk>"}"""));
            Assert.Equal("▁ab|▁|ba|</s>", TinyUnigrams.Names(tokenizer, "ab ba  "));
            Assert.Equal("ab ba", tokenizer.Decode(tokenizer.Encode("ab ba"), false));
            Assert.Equal([7, 3, 8], tokenizer.EncodeContinuation(" ab ba"));
            Assert.Equal([4, 5], tokenizer.EncodeContinuation("ab"));
            Assert.Equal(1, tokenizer.EosId);
        }

        var words = TinyTokenizers.Load(TinyUnigrams.T5());
        Assert.Equal("▁a|▁a|</s>", TinyUnigrams.Names(words, "a   a"));
        Assert.Equal("▁|<unk>|▁|b|</s>", TinyUnigrams.Names(words, "zz b"));
        Assert.Equal("</s>", TinyUnigrams.Names(words, "  "));
    }

    [Fact]
    public void Texts_read_back_whatever_they_are()
    {
        var tokenizer = TinyTokenizers.Load(TinyUnigrams.ByteFallback());
        Texts.Sample(text => Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text), false)), iter: 5000);
    }

    [Fact]
    public void No_code_point_is_shown_before_all_its_bytes_are_there()
    {
        var tokenizer = TinyTokenizers.Load(TinyUnigrams.ByteFallback());
        Texts.Where(text => !text.Contains('\ufffd')).Sample(text =>
        {
            var streamed = new StreamedText(tokenizer, continuation: false);
            var shown = tokenizer.Encode(text).Select(id => streamed.Append([id])).ToList();
            Assert.DoesNotContain('\ufffd', string.Concat(shown));
            Assert.Equal(text, string.Concat(shown) + streamed.Complete());
        }, iter: 2000);
    }

    [Fact]
    public void A_megabyte_in_one_piece_takes_seconds_at_most()
    {
        var tokenizer = TinyTokenizers.Load(TinyUnigrams.ByteFallback());
        Assert.Equal(500_001, tokenizer.Encode(new string('t', 2) + string.Concat(Enumerable.Repeat("th", 500_000)))[1..].Length);
        Assert.Equal(3_000_000, tokenizer.Encode(new string('中', 1_000_000)).Length);
    }

    // No '<' and no word mark: their texts are those of other tokens.
    private static readonly Gen<string> Texts = Gen.Frequency(
            (4, Gen.OneOf(" the é語😀".EnumerateRunes().Select(rune => rune.Value).ToArray())), (2, Gen.Int[' ', '~']),
            (1, Gen.Int[0, 0xd7ff]), (1, Gen.Int[0xe000, 0x10ffff]))
        .Where(code => code is not ('<' or 0x2581))
        .Array[0, 24]
        .Select(codes => string.Concat(codes.Select(code => new Rune(code).ToString())));
}
