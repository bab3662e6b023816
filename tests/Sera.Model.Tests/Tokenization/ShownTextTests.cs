using System.Text;
using CsCheck;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

public class ShownTextTests
{
    private static readonly Gen<string> Texts = Gen.Frequency((4, Gen.Int[' ', '~']), (1, Gen.Int[0, 0xd7ff]), (1, Gen.Int[0xe000, 0x10ffff]))
        .Where(code => code is not (0x2581 or 0xfffd)).Array[0, 20].Select(codes => string.Concat(codes.Select(code => new Rune(code).ToString())));

    [Fact]
    public void Streamed_parts_join_to_the_whole_text_and_each_is_whole_itself()
    {
        var overBytes = TinyTokenizers.Load(TinyTokenizers.ByteLevel(["Ġ a", "Ã ©"]));
        var fallback = TinyTokenizers.Load(TinyTokenizers.ByteFallback());
        Texts.Sample(text =>
        {
            foreach (var (tokenizer, continuation) in new[] { (overBytes, false), (fallback, false), (fallback, true) })
            {
                var stream = new StreamedText(tokenizer, continuation);
                var parts = (continuation ? tokenizer.EncodeContinuation(text) : tokenizer.Encode(text)).Select(id => stream.Append([id])).ToList();
                parts.Add(stream.Complete());
                Assert.DoesNotContain(parts, part => part.Contains('\ufffd'));
                Assert.Equal(text, string.Concat(parts));
            }
        }, iter: 1000);
    }

    [Fact]
    public void A_code_point_that_never_became_whole_shows_at_the_end()
    {
        var stream = new StreamedText(TinyTokenizers.Load(TinyTokenizers.ByteLevel([])), continuation: true);
        Assert.Equal("a", stream.Append(['a']));
        Assert.Equal("", stream.Append([0xE2]));
        Assert.Equal("", stream.Append([0x82]));
        Assert.Equal("\ufffd", stream.Complete());
        Assert.Equal("", stream.Complete());
    }

    [Theory]
    [InlineData("two\r\nlines\tand \u001b[31mred\u202e", 40, "two\\r\\nlines\\tand \ufffd[31mred\ufffd")]
    [InlineData("abcd", 4, "abcd")]
    [InlineData("abcde", 4, "abc…")]
    [InlineData("e\u0301e\u0301e\u0301", 2, "e\u0301…")]
    [InlineData("😀😀😀", 2, "😀…")]
    [InlineData("", 1, "")]
    public void A_preview_is_one_line_cut_between_characters(string text, int length, string expected) =>
        Assert.Equal(expected, TextPreview.OneLine(text, length));

    [Fact]
    public void Printable_text_keeps_its_lines_and_loses_its_control_characters() =>
        Assert.Equal("a\n\tb\ufffd[2J", TextPreview.Printable("a\n\tb\u001b[2J"));
}
