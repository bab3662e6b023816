using System.Collections.Immutable;
using Sera.Host.Commands;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;

namespace Sera.Host.Compute;

/// <summary>Implicit reward margin of a pair, and the log-probabilities under the policy that it came of.</summary>
internal sealed record PairMargin(string Id, double ChosenReward, double RejectedReward, double Margin, float ChosenLogp, float RejectedLogp);

/// <summary>What is scored, and against what.</summary>
/// <param name="Policy">Folder.</param>
/// <param name="Adapter">PEFT folder over the policy; null for none.</param>
/// <param name="Reference">Folder; null = the policy without its adapter.</param>
/// <param name="Pairs">File of preference pairs.</param>
/// <param name="BatchTokens">Tokens computed together.</param>
internal sealed record PairMargins(string Policy, string? Adapter, string? Reference, string Pairs, bool AppendEos, LossOptions Loss, int BatchTokens)
{
    /// <exception cref="InputException">A file is missing or malformed, or the loss needs a reference and there is none.</exception>
    public List<PairMargin> Compute(TorchSettings settings, CancellationToken stop)
    {
        var needsReference = PreferenceLosses.NeedsReference(Loss);
        if (needsReference && Reference is null && Adapter is null)
            throw new InputException("--reference", "not given", $"a reference, which {Loss.Name} needs", "give a folder, or --adapter to score against the policy without it");
        using var policy = StandalonePolicy.Load(Policy, settings, Adapter);
        var rows = DataPreparation.Prepare(
            new DataOptions(Pairs, HeldOut: 0, AppendEos: AppendEos, TooLong: TooLong.Refuse),
            seed: 0,
            policy.Opened.Tokenizer,
            policy.Opened.Context,
            policy.Opened.Folder.Config.VocabularySize).Train;
        var groups = rows.Select(row => new TokenGroup(row.Id, row.PromptTokens, [row.ChosenTokens, row.RejectedTokens])).ToImmutableArray();
        var own = Logps(policy.Model, groups, stop);
        var others = own;
        if (needsReference)
        {
            using var reference = Reference is null ? null : StandalonePolicy.Load(Reference, settings);
            using var without = reference is null ? policy.Model.WithoutAdapter() : null;
            others = Logps(reference?.Model ?? without!, groups, stop);
        }
        return [.. rows.Select((row, i) => Of(row, own[i], others[i]))];
    }

    private ImmutableArray<GroupLogps> Logps(LlamaModel model, ImmutableArray<TokenGroup> groups, CancellationToken stop)
    {
        using var work = new ScoringWork(model, groups, BatchTokens);
        return Quanta.Run(work, "score", null, stop);
    }

    private PairMargin Of(PairRow row, GroupLogps policy, GroupLogps reference)
    {
        var chosen = ImplicitReward.Of(Loss, policy.Logps[0], reference.Logps[0], row.ChosenTokens.Length);
        var rejected = ImplicitReward.Of(Loss, policy.Logps[1], reference.Logps[1], row.RejectedTokens.Length);
        return new PairMargin(row.Id, chosen, rejected, chosen - rejected, policy.Logps[0], policy.Logps[1]);
    }
}
