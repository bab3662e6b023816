using System.Text;
using CsCheck;
using Sera.Model.Data;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

public class BpeTrainerTests
{
    private static readonly string[] Corpus = ["low low low low low lower lower newest newest newest newest newest newest widest widest widest"];

    [Fact]
    public void The_most_frequent_pair_is_merged_next()
    {
        // Words: " low"x4, "low"x1, " lower"x2, " newest"x6, " widest"x3. e+s 9, s+t 9, w+e 8, l+o 7, o+w 7, Ġ+n 6, ...: equal counts, lower ids first.
        using var folder = new TemporaryFolder();
        Assert.Equal(261, BpeTrainer.Train(Corpus, new BpeTrainerOptions(261, "<e>", null, []), folder.Path));
        var tokenizer = HfTokenizer.Load(folder.Path);
        Assert.Equal(
            ["es", "est", "lo", "low"], Enumerable.Range(257, 4).Select(id => tokenizer.Decode([id], false)));
        Assert.Equal(0, tokenizer.EosId);
        Assert.Null(tokenizer.BosId);
    }

    [Fact]
    public void The_order_of_the_texts_does_not_matter_and_the_files_are_equal_byte_by_byte()
    {
        string[] texts = ["the cat sat", "on the mat", "that is the hat"];
        Assert.Equal(Files(texts), Files([.. texts.Reverse()]));
        Assert.NotEqual(Files(texts), Files([.. texts, "and on and on and on"]));
    }

    [Fact]
    public void A_trained_tokenizer_loads_and_reads_back_any_text()
    {
        using var folder = new TemporaryFolder();
        var size = BpeTrainer.Train(Corpus, new BpeTrainerOptions(270, "<|end|>", "<|begin|>", ["<|pad|>"]), folder.Path);
        var tokenizer = HfTokenizer.Load(folder.Path);
        Assert.Equal((size, 0, 1), (tokenizer.VocabularySize, tokenizer.BosId!.Value, tokenizer.EosId!.Value));
        Assert.Equal(0, tokenizer.Encode("low")[0]);
        Assert.Equal([1], tokenizer.EncodeContinuation("<|end|>"));
        Gen.Int[0, 0x10ffff].Where(code => code is < 0xd800 or > 0xdfff).Array[0, 20]
            .Select(codes => string.Concat(codes.Select(code => new Rune(code).ToString())))
            .Sample(text => tokenizer.Decode(tokenizer.Encode(text), false) == text, iter: 2000);
    }

    [Fact]
    public void A_corpus_without_more_pairs_gives_a_smaller_vocabulary()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(258, BpeTrainer.Train(["aa aa"], new BpeTrainerOptions(1000, "<e>", null, []), folder.Path));
        Assert.Equal(258, HfTokenizer.Load(folder.Path).VocabularySize);
    }

    [Theory]
    [InlineData(256, "<e>", "vocabulary size")]
    [InlineData(300, "", "special tokens")]
    [InlineData(300, "<p>", "special tokens")]
    [InlineData(300, "a", "special tokens")]
    public void Sizes_and_special_tokens_that_cannot_be_are_refused(int size, string eos, string named)
    {
        using var folder = new TemporaryFolder();
        var refusal = Assert.Throws<InputException>(
            () => BpeTrainer.Train(Corpus, new BpeTrainerOptions(size, eos, null, size == 256 ? [] : ["<p>"]), folder.Path));
        Assert.StartsWith(named, refusal.Message);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    private static (string Tokenizer, string Config) Files(string[] texts)
    {
        using var folder = new TemporaryFolder();
        BpeTrainer.Train(texts, new BpeTrainerOptions(280, "<e>", null, []), folder.Path);
        return (File.ReadAllText(Path.Combine(folder.Path, "tokenizer.json")), File.ReadAllText(Path.Combine(folder.Path, "tokenizer_config.json")));
    }
}
