using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

public class NfcTests
{
    [Theory]
    [InlineData("e\u0301", "\u00e9")]
    [InlineData("a\u0307\u0323", "\u1ea1\u0307")]
    [InlineData("\u212b", "\u00c5")]
    [InlineData("\u0958", "\u0915\u093c")]
    [InlineData("\u1100\u1161\u11a8", "\uac01")]
    [InlineData("\uac00\u11a8", "\uac01")]
    [InlineData("a\u0315\u0300\u05ae", "\u00e0\u05ae\u0315")]
    [InlineData("\U0001d15e", "\U0001d157\U0001d165")]
    [InlineData("\u0301e", "\u0301e")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("a\u0300\u0300", "\u00e0\u0300")]
    public void Text_is_composed_as_Unicode_says(string text, string expected) => Assert.Equal(expected, Nfc.Normalize(text));

    [Fact]
    public void Every_code_point_alone_and_among_marks_composes_as_in_another_implementation()
    {
        // Python's unicodedata 14.0: sha256 of NFC(c), newline, NFC("A" + c + U+0323 + c + U+0301), newline, over all scalar values.
        var all = Enumerable.Range(0, 0x110000).Where(code => code is < 0xd800 or > 0xdfff).Select(code => new Rune(code).ToString());
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var c in all)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{Nfc.Normalize(c)}\n{Nfc.Normalize($"A{c}\u0323{c}\u0301")}\n"));
        }

        Assert.Equal("ae69bee584b1abf62f5d2a7b603f6fe8e205fb87bb65f3f0b3dc7f97ce3c8fe6", Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Fact]
    public void Composing_twice_changes_nothing() =>
        Gen.Frequency((3, Gen.Int[0x41, 0x5a]), (4, Gen.Int[0x300, 0x345]), (2, Gen.Int[0x1100, 0x11ff]),
                (1, Gen.Int[0xa0, 0x2ff]), (1, Gen.Int[0x1d150, 0x1d1ff]))
            .Array[0, 12].Select(codes => string.Concat(codes.Select(code => new Rune(code).ToString())))
            .Sample(text => Nfc.Normalize(Nfc.Normalize(text)) == Nfc.Normalize(text), iter: 5000);

    [Fact]
    public void A_tokenizer_with_NFC_gives_composed_and_decomposed_text_the_same_ids()
    {
        var tokenizer = TinyTokenizers.ByteLevel([]);
        tokenizer["normalizer"] = new System.Text.Json.Nodes.JsonObject { ["type"] = "NFC" };
        Assert.Equal([0xC3, 0xA9], TinyTokenizers.Load(tokenizer).Encode("e\u0301"));
    }
}
