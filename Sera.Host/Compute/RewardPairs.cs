using System.Collections.Immutable;
using Sera.Host.Commands;
using Sera.Host.Preparation;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Rewards;
using Sera.Model.Scoring;
using Sera.Model.Tokenization;

namespace Sera.Host.Compute;

/// <summary>The pairs of a reward model, with the bounds that a prior sets.</summary>
/// <param name="Encoder">Digest of the policy whose states were compared; null where none was.</param>
internal sealed record RewardPairs(ImmutableArray<RewardPair> Train, ImmutableArray<PairRow> HeldOut, string? Encoder)
{
    private const int BatchTokens = 4096;

    /// <summary>Of the prompts kept aside, for every reward model alike: an average is measured on what none of its members was trained on.</summary>
    private const ulong SplitSeed = 1;

    /// <param name="encoder">Folder; null for the policy itself.</param>
    /// <exception cref="InputException">A pair cannot be used, or the encoder cannot read one.</exception>
    public static RewardPairs Read(
        DataOptions data, OpenedPolicy policy, string prior, PriorBound? bound, string? encoder, TorchSettings settings, CancellationToken stop)
    {
        var rows = Rows(data, policy);
        if (bound is null) return new RewardPairs([.. rows.Train.Select(row => Pair(row, null))], rows.HeldOut, null);
        if (prior == RewardPrior.Length)
            return new RewardPairs([.. rows.Train.Select(row => Pair(row, bound.Of(LengthPrior.Similarity(row.ChosenTokens.AsSpan(), row.RejectedTokens.AsSpan()))))], rows.HeldOut, null);
        using var loaded = StandalonePolicy.Load(encoder ?? policy.Folder.Path, settings);
        var similarity = Cosines(loaded, encoder is null ? rows.Train : Rows(data, loaded.Opened).Train, stop);
        return new RewardPairs([.. rows.Train.Select(row => Pair(row, bound.Of(CosinePrior.Angular(similarity[row.Id]))))], rows.HeldOut, loaded.Opened.Folder.Digest);
    }

    private static PreparedData Rows(DataOptions data, OpenedPolicy policy) => Rows(data, policy.Folder, policy.Tokenizer);

    /// <summary>Tokenized and split.</summary>
    public static PreparedData Rows(DataOptions data, PolicyFolder folder, HfTokenizer tokenizer) =>
        DataPreparation.Prepare(data, SplitSeed, tokenizer, folder.Config.Context, folder.Config.VocabularySize);

    private static RewardPair Pair(PairRow row, double? bound) => new(row.Id, row.PromptTokens, row.ChosenTokens, row.RejectedTokens, bound);

    private static Dictionary<string, double> Cosines(StandalonePolicy encoder, ImmutableArray<PairRow> rows, CancellationToken stop)
    {
        using var work = new ScoringWork(encoder.Model, Groups(rows), BatchTokens, details: ScoreDetails.States);
        return Quanta.Run(work, "encode", null, stop)
            .ToDictionary(g => g.Id, g => CosinePrior.Similarity(g.States!.Value[0].AsSpan(), g.States.Value[1].AsSpan()), StringComparer.Ordinal);
    }

    /// <summary>Pairs as scoring takes them: chosen, then rejected.</summary>
    public static ImmutableArray<TokenGroup> Groups(ImmutableArray<PairRow> rows) =>
        [.. rows.Select(row => new TokenGroup(row.Id, row.PromptTokens, [row.ChosenTokens, row.RejectedTokens]))];
}
