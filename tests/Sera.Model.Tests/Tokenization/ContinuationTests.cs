using System.Text;
using CsCheck;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

public class ContinuationTests
{
    // Any text of valid code points, ASCII and spaces often; never the word mark, which these vocabularies read back as a space.
    private static readonly Gen<string> Texts = Gen.Frequency(
            (4, Gen.Char[' ', '~'].Select(c => (int)c)), (2, Gen.Const((int)' ')), (1, Gen.Int[0, 0xd7ff]), (1, Gen.Int[0xe000, 0x10ffff]))
        .Where(code => code != 0x2581)
        .Array[1, 24]
        .Select(codes => string.Concat(codes.Select(code => new Rune(code).ToString())))
        .Where(text => !text.Contains('<'));

    [Fact]
    public void A_continuation_of_Llama_2_gets_no_mark_that_only_a_beginning_gets()
    {
        var tokenizer = TinyTokenizers.Load(TinyTokenizers.ByteFallback());
        var (it, had) = (259 + 7, 259 + 10);
        Assert.Equal([1, it, had], tokenizer.Encode("It had"));
        Assert.Equal([it, had], tokenizer.EncodeContinuation(" It had"));
        Assert.Equal([259 + 6, had], tokenizer.EncodeContinuation("It had"));
        Assert.Equal("It had", tokenizer.Decode([1, it, had], continuation: false));
        Assert.Equal(" It had", tokenizer.Decode([it, had], continuation: true));
    }

    [Theory]
    [InlineData("first")]
    [InlineData("always")]
    public void A_continuation_behind_Metaspace_gets_no_mark_either(string scheme)
    {
        var tokenizer = TinyTokenizers.Load(TinyTokenizers.Metaspace(scheme));
        Assert.Equal(tokenizer.Encode("It had")[1..], tokenizer.EncodeContinuation(" It had"));
        Assert.Equal([259 + 6, 259 + 10], tokenizer.EncodeContinuation("It had"));
        Assert.Equal(" It had", tokenizer.Decode(tokenizer.EncodeContinuation(" It had"), continuation: true));
        Assert.Equal("It had", tokenizer.Decode(tokenizer.Encode("It had"), continuation: false));
    }

    [Fact]
    public void Metaspace_first_marks_only_the_beginning_and_always_marks_the_text_after_a_special_token_too()
    {
        Assert.Equal([1, 259 + 7, 2, 259 + 6], TinyTokenizers.Load(TinyTokenizers.Metaspace("first")).Encode("It</s>It"));
        Assert.Equal([1, 259 + 7, 2, 259 + 7], TinyTokenizers.Load(TinyTokenizers.Metaspace("always")).Encode("It</s>It"));
    }

    [Fact]
    public void A_prefix_space_is_for_beginnings_only()
    {
        var tokenizer = TinyTokenizers.Load(TinyTokenizers.ByteLevel([], """{"type":"ByteLevel","add_prefix_space":true}"""));
        Assert.Equal([(int)' ', 'a'], tokenizer.Encode("a"));
        Assert.Equal([(int)'a'], tokenizer.EncodeContinuation("a"));
    }

    [Fact]
    public void Prompt_and_continuation_read_back_as_one_text_with_byte_fallback() =>
        ReadBackAsOneText(TinyTokenizers.Load(TinyTokenizers.ByteFallback()));

    [Fact]
    public void Prompt_and_continuation_read_back_as_one_text_behind_Metaspace()
    {
        // Metaspace adds no mark where the text begins with a space, and its decoder then takes that space off: no such prompt.
        var tokenizer = TinyTokenizers.Load(TinyTokenizers.Metaspace("first"));
        Gen.Select(Texts.Where(text => text[0] != ' '), Texts).Sample((prompt, response) =>
            tokenizer.Decode([.. tokenizer.Encode(prompt), .. tokenizer.EncodeContinuation(response)], false) == prompt + response, iter: 2000);
    }

    [Fact]
    public void Prompt_and_continuation_read_back_as_one_text_over_bytes() =>
        ReadBackAsOneText(TinyTokenizers.Load(TinyTokenizers.ByteLevel(["Ġ a", "t h", "th e", "Ã ©"])));

    [SharedFact]
    public void Prompt_and_continuation_read_back_as_one_text_with_real_vocabularies()
    {
        foreach (var name in new[] { "gpt2", "tinyllama", "mistral_v1", "stories260K" })
        {
            ReadBackAsOneText(SharedTokenizers.Of(name));
        }
    }

    private static void ReadBackAsOneText(HfTokenizer tokenizer) => Gen.Select(Texts, Texts).Sample((prompt, response) =>
    {
        var (first, then) = (tokenizer.Encode(prompt), tokenizer.EncodeContinuation(response));
        return tokenizer.Decode([.. first, .. then], false) == prompt + response
            && tokenizer.Decode(first, false) == prompt
            && tokenizer.Decode(then, true) == response;
    }, iter: 2000);
}
