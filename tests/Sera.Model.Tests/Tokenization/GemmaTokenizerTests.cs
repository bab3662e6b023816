using System.Text.Json.Nodes;
using CsCheck;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

/// <summary>The tokenizers of Gemmas: spaces become marks, nothing is put before the text, and the split by spaces finds none any more.</summary>
public sealed class GemmaTokenizerTests
{
    private static readonly HfTokenizer Tokenizer = TinyTokenizers.Load(Gemma());

    // The merge of ▁ and had comes before that of ▁ and ▁. ▁ 259, I 260, t 261, h 262, a 263, d 264, It 265, ▁It 266, ha 267, had 268, ▁had 269, ▁▁ 270; bytes from 3.
    [Theory]
    [InlineData("It had", "265 269", "It had")]
    [InlineData(" It had", "266 269", " It had")]
    [InlineData("It  had", "265 259 269", "It  had")]
    [InlineData("é", "198 172", "é")]
    public void Text_is_encoded_and_comes_back(string text, string ids, string decoded)
    {
        var encoded = Tokenizer.Encode(text);
        Assert.Equal("1 " + ids, string.Join(' ', encoded));
        Assert.Equal(decoded, Tokenizer.Decode(encoded.AsSpan(1), continuation: false));
    }

    [Fact]
    public void Any_text_without_marks_comes_back() => Gen.String.Where(IsText).Sample(text => Assert.Equal(text, Tokenizer.Decode(Tokenizer.Encode(text).AsSpan(1), continuation: false)));

    private static bool IsText(string text) => !text.Contains('▁', StringComparison.Ordinal) && !text.EnumerateRunes().Any(rune => rune.Value == 0xFFFD);

    private static JsonObject Gemma()
    {
        var tokenizer = TinyTokenizers.ByteFallback();
        tokenizer["normalizer"] = JsonNode.Parse("""{"type":"Replace","pattern":{"String":" "},"content":"▁"}""");
        tokenizer["pre_tokenizer"] = JsonNode.Parse("""{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}""");
        tokenizer["decoder"] = JsonNode.Parse("""{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}]}""");
        return tokenizer;
    }
}
