using System.Text.Json.Nodes;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

public class TextNormalizersTests
{
    private const string Albert =
        """
        {"type":"Sequence","normalizers":[{"type":"Replace","pattern":{"String":"``"},"content":"\""},{"type":"Replace","pattern":{"String":"''"},"content":"\""},
         {"type":"NFKD"},{"type":"StripAccents"},{"type":"Lowercase"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]}
        """;

    [Theory]
    [InlineData("""{"type":"NFKC"}""", "\ufb01 \u2460", "fi 1")]
    [InlineData("""{"type":"NFKD"}""", "é\ufb01", "e\u0301fi")]
    [InlineData("""{"type":"NFD"}""", "é\ufb01", "e\u0301\ufb01")]
    [InlineData("""{"type":"NFC"}""", "e\u0301\ufb01", "é\ufb01")]
    [InlineData("""{"type":"Nmt"}""", "a\u0001\u000b\u007f\u008f\tb\r\n\u2581\ufeff\ufffd\u200d\u0000\u0085", "a b      \u0000\u0085")]
    [InlineData("""{"type":"Lowercase"}""", "ÀΣΣ \u0130\u1e9e\u212a𐐀Ǆ", "àσσ i\u0307ßk𐐨ǆ")]
    [InlineData("""{"type":"StripAccents"}""", "e\u0304\u0304\u0304o", "eo")]
    [InlineData("""{"type":"StripAccents"}""", "这很简单é", "这很简单é")]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":true}""", " \t\u00a0a b\u3000\u0085", "a b")]
    [InlineData("""{"type":"Strip","strip_left":false,"strip_right":true}""", "  a  ", "  a")]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":false}""", "  a  ", "a  ")]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":true}""", "   ", "")]
    [InlineData("""{"type":"Replace","pattern":{"String":"''"},"content":"\""}""", "This is a ''test'' '''", "This is a \"test\" \"'")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "}""", "This     is   a         test", "This is a test")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}""", "a b  c   d", "a b▁c▁d")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":"\\p{L}"},"content":"x"}""", "1𝔾2", "1x2")]
    [InlineData(Albert, "``Cụ  thể…''", "\"cu the...\"")]
    public void Texts_become_what_the_library_makes_of_them(string normalizer, string text, string expected) =>
        Assert.Equal(expected, TinyNormalizers.Read(JsonNode.Parse(normalizer)!)(text));

    [Theory]
    [InlineData("Cụ thể, bạn sẽ tham gia một nhóm các giám đốc điều hành tổ chức…", "cu the, ban se tham gia mot nhom cac giam đoc đieu hanh to chuc...")]
    [InlineData("ำน\u0e49ำ3ลำ", "านา3ลา")]
    public void Accents_go_as_in_the_tests_of_the_library(string text, string expected) =>
        Assert.Equal(expected, TinyNormalizers.Read(JsonNode.Parse(Albert)!)(text));

    [Fact]
    public void A_continuation_keeps_the_space_it_opens_with()
    {
        var strip = TinyNormalizers.ReadWhole(JsonNode.Parse("""{"type":"Strip","strip_left":true,"strip_right":true}""")!);
        Assert.Equal(" a", strip(new NormalizedText(" a ", AtBeginning: false)).Text);
    }

    [Theory]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":false}""", " a", true)]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":false}""", "a", false)]
    [InlineData("""{"type":"Nmt"}""", "\u0001a", true)]
    [InlineData("""{"type":"StripAccents"}""", "a\u0301", false)]
    [InlineData("""{"type":"Replace","pattern":{"String":"x"},"content":""}""", "xa", true)]
    [InlineData("""{"type":"Replace","pattern":{"String":"x"},"content":"y"}""", "xa", false)]
    [InlineData("""{"type":"Replace","pattern":{"String":"''"},"content":"y"}""", "''a", true)]
    public void Metaspace_first_marks_a_text_only_where_its_first_character_is_still_there(string normalizer, string text, bool cut)
    {
        Assert.Equal(cut, TinyNormalizers.ReadWhole(JsonNode.Parse(normalizer)!)(new NormalizedText(text, AtBeginning: true)).CutAtStart);
        var tokenizer = TinyUnigrams.T5("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}""");
        tokenizer["normalizer"] = JsonNode.Parse(normalizer);
        Assert.Equal(!cut, TinyUnigrams.Names(TinyTokenizers.Load(tokenizer), text).StartsWith('▁'));
    }
}
