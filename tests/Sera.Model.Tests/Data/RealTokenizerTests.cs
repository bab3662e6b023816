using Sera.Model.Data;
using Sera.Model.Data.World;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Data;

public sealed class RealTokenizerTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_prompt_of_the_world_and_its_answer_have_under_forty_tokens()
    {
        WorldMaker.Make(new WorldOptions(Seed: 3, Sft: 2400), _folder.PathOf("world"));
        var texts = RowReader.Examples(_folder.PathOf(Path.Combine("world", "sft.jsonl")), BadRows.Refuse).Rows;
        var folder = _folder.PathOf("tokenizer");
        BpeTrainer.Train(texts.Select(text => text.Prompt + text.Response), new BpeTrainerOptions(768, "<|end|>", null, []), folder);
        var tokenizer = HfTokenizer.Load(folder);
        var lengths = texts.Select(text => tokenizer.Encode(text.Prompt).Length + tokenizer.EncodeContinuation(text.Response).Length + 1).ToList();
        Assert.True(lengths.Max() < 40, $"the longest has {lengths.Max()}");
    }

    [SharedFact]
    public void Transcripts_beyond_the_context_of_a_real_policy_are_dropped_and_all_are_accounted_for()
    {
        var tokenizer = HfTokenizer.Load(SharedData.PathOf("data", "stories260K", "hf"));
        var path = SharedData.PathOf("data", "pairs", "hh_harmless.transcripts.jsonl.gz");
        var prepared = DataPreparation.Prepare(new DataOptions(path), 1, tokenizer, context: 512, vocabularySize: 512);
        var kept = prepared.Train.Concat(prepared.HeldOut).ToList();
        Assert.Equal(1498, kept.Count + prepared.Dropped.Sum(drop => drop.Count));
        Assert.Equal([BadRowReasons.PromptTooLong, BadRowReasons.TooLong], prepared.Dropped.Select(drop => drop.Reason));
        Assert.All(kept, row => Assert.InRange(row.PromptTokens.Length + Math.Max(row.ChosenTokens.Length, row.RejectedTokens.Length), 3, 512));
        Assert.All(kept, row => Assert.Equal(tokenizer.EosId, row.ChosenTokens[^1]));
        Assert.NotEmpty(prepared.HeldOut);
    }

    [SharedFact]
    public void Stories_fit_a_real_policy_whole()
    {
        var tokenizer = HfTokenizer.Load(SharedData.PathOf("data", "stories260K", "hf"));
        var path = SharedData.PathOf("data", "pairs", "tinystories_real_vs_sampled.jsonl");
        var prepared = DataPreparation.Prepare(new DataOptions(path), 1, tokenizer, context: 512, vocabularySize: 512);
        Assert.Empty(prepared.Dropped);
        Assert.Equal(143, prepared.Train.Length + prepared.HeldOut.Length);
    }
}
