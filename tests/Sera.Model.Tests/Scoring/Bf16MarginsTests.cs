using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;
using Sera.Model.Tests.Models;
using Sera.Model.Tokenization;
using Sera.Model.Training;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Scoring;

public sealed class Bf16MarginsTests
{
    /// <summary>Of a policy that was trained on them for one pass. Margins are differences of differences, so rounding shows in them first.</summary>
    [SharedFact]
    public void Margins_of_real_pairs_are_in_the_order_they_have_in_fp32()
    {
        using var scope = NewDisposeScope();
        var config = HfLlamaConfig.Read(Path.Combine(StoriesPolicy.Folder, "config.json"));
        using var loaded = StoriesPolicy.Load(out var parameters);
        using var owned = parameters;
        var rows = DataPreparation.Prepare(
            new DataOptions(SharedData.PathOf("data", "pairs", "tinystories_real_vs_sampled.jsonl"), HeldOut: 0, AppendEos: false, TooLong: TooLong.Refuse),
            0, HfTokenizer.Load(StoriesPolicy.Folder), config.Context, config.VocabularySize).Train;
        ImmutableArray<TokenGroup> groups = [.. rows.Select(row => new TokenGroup(row.Id, row.PromptTokens, [row.ChosenTokens, row.RejectedTokens]))];
        Assert.True(groups.Length > 100);
        using var trained = TrainablePolicy.Full(config, parameters.Flat.clone(), float32, false);
        foreach (var (pairs, logps) in rows.Chunk(8).Zip(Logps(parameters.Flat, float32).Chunk(8)))
        {
            TrainingPairRow[] batch = [.. pairs.Zip(logps, (row, l) => new TrainingPairRow(row.Id, row.PromptTokens, row.ChosenTokens, row.RejectedTokens, l.Logps[0], l.Logps[1], null, "offline"))];
            new PreferenceGradient(new LossOptions("dpo", 0.1, 0)).Add(trained, batch, 4096);
            trained.Step(new TrainingOptions(null, 1, 5e-4, 0, 0, 1, 8, 4096, 100), 5e-4);
        }
        var rank = Correlation.Spearman(Margins(float32).Zip(Margins(ScalarType.BFloat16)));
        Assert.True(rank >= 0.999, $"rank correlation {rank}");

        double[] Margins(ScalarType type)
        {
            var (own, reference) = (Logps(trained.Model.Parameters.Flat, type), Logps(parameters.Flat, type));
            return [.. own.Zip(reference, (p, r) => (double)(p.Logps[0] - r.Logps[0] - (p.Logps[1] - r.Logps[1])))];
        }

        ImmutableArray<GroupLogps> Logps(Tensor flat, ScalarType type)
        {
            using var typed = FlatParameters.Frozen(LlamaLayout.Of(config), flat.to(type, copy: true));
            using var model = new LlamaModel(config, typed);
            using var work = new ScoringWork(model, groups, 4096);
            while (work.Advance())
            {
            }
            return work.Result;
        }
    }
}
