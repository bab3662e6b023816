using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

public class NormalFormsTests
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
    public void Text_is_composed_as_Unicode_says(string text, string expected) => Assert.Equal(expected, NormalForms.Normalize(text, NormalizationForm.FormC));

    [Theory]
    [InlineData("\ufb01", "fi", "fi")]
    [InlineData("\u2460\uff21", "1A", "1A")]
    [InlineData("\u1e9b\u0323", "\u1e69", "s\u0323\u0307")]
    [InlineData("\ufdfa", "صلى الله عليه وسلم", "صلى الله عليه وسلم")]
    [InlineData("\uac01", "\uac01", "\u1100\u1161\u11a8")]
    [InlineData("\u0e33\u3000\U0001d7ff", "\u0e4d\u0e32 9", "\u0e4d\u0e32 9")]
    public void Compatibility_characters_become_what_they_stand_for(string text, string composed, string decomposed)
    {
        Assert.Equal(composed, NormalForms.Normalize(text, NormalizationForm.FormKC));
        Assert.Equal(decomposed, NormalForms.Normalize(text, NormalizationForm.FormKD));
    }

    // Python's unicodedata 14.0: sha256 of F(c), newline, F("A" + c + U+0323 + c + U+0301), newline, over all scalar values.
    [Theory]
    [InlineData(NormalizationForm.FormC, "ae69bee584b1abf62f5d2a7b603f6fe8e205fb87bb65f3f0b3dc7f97ce3c8fe6")]
    [InlineData(NormalizationForm.FormD, "82c03e3dbadb92616f292ca746024d801181782deacaf9357030a3f99ab37fd5")]
    [InlineData(NormalizationForm.FormKC, "b7fdaf3997f54097dea1735cffbc8b01ea56aed56c7e8ee41eb300b0241ed0db")]
    [InlineData(NormalizationForm.FormKD, "c3a2dfca24782e619ad1aa8e869c6485eae0c1b5272da96691126b1859d22df9")]
    public void Every_code_point_alone_and_among_marks_is_as_in_another_implementation(NormalizationForm form, string sha256)
    {
        var all = Enumerable.Range(0, 0x110000).Where(code => code is < 0xd800 or > 0xdfff).Select(code => new Rune(code).ToString());
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var c in all)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{NormalForms.Normalize(c, form)}\n{NormalForms.Normalize($"A{c}\u0323{c}\u0301", form)}\n"));
        }

        Assert.Equal(sha256, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Fact]
    public void Normalizing_twice_changes_nothing() =>
        Gen.Select(Gen.Frequency((3, Gen.Int[0x41, 0x5a]), (4, Gen.Int[0x300, 0x345]), (2, Gen.Int[0x1100, 0x11ff]),
                    (1, Gen.Int[0xa0, 0x2ff]), (1, Gen.Int[0x1d150, 0x1d1ff]), (1, Gen.Int[0xf900, 0xfffd]))
                .Array[0, 12].Select(codes => string.Concat(codes.Select(code => new Rune(code).ToString()))),
            Gen.OneOf(NormalizationForm.FormC, NormalizationForm.FormD, NormalizationForm.FormKC, NormalizationForm.FormKD))
        .Sample((text, form) => NormalForms.Normalize(NormalForms.Normalize(text, form), form) == NormalForms.Normalize(text, form), iter: 5000);

    [Fact]
    public void Marks_without_end_are_ordered_without_going_over_them_again_and_again()
    {
        var text = "a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 200_000));
        var normal = NormalForms.Normalize(text, NormalizationForm.FormD);
        Assert.Equal("a" + new string('\u0323', 200_000) + new string('\u0301', 200_000), normal);
    }

    [Fact]
    public void A_tokenizer_with_NFC_gives_composed_and_decomposed_text_the_same_ids()
    {
        var tokenizer = TinyTokenizers.ByteLevel([]);
        tokenizer["normalizer"] = new System.Text.Json.Nodes.JsonObject { ["type"] = "NFC" };
        Assert.Equal([0xC3, 0xA9], TinyTokenizers.Load(tokenizer).Encode("e\u0301"));
    }
}
