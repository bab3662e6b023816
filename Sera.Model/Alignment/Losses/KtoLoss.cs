using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>
/// KTO on pairs: chosen is a desirable response, rejected an undesirable one, each by itself against how far the policy is from its reference anyway.
/// That is estimated from the other side of the optimizer step, as TRL did when it had this loss for pairs (kto_pair); its present trainer takes
/// responses of other prompts.
/// </summary>
internal sealed class KtoLoss : PreferenceLoss
{
    public override string Name => "kto";

    public override string Formula =>
        "(1 - s(beta (a_w - KL_l)) + 1 - s(beta (KL_w - a_l))) / 2, KL_w = max(0, mean a_w over the step), KL_l = max(0, mean a_l), not derived by";

    public override string Source => "arXiv 2402.01306, terms as in TRL, KL as in TRL's earlier form for pairs";

    public override bool IsCoupled => true;

    /// <summary>Of a pair as it was arranged.</summary>
    public override T PerPair<T>(in LossInput<T> pair) =>
        0.5 * (T.Sigmoid(-(pair.Beta * pair.ChosenRatio)) + T.Sigmoid(pair.Beta * pair.RejectedRatio));

    /// <summary>a - KL is what a is against a reference that is nearer by KL.</summary>
    public override ImmutableArray<ArrangedPair> Arrange(IReadOnlyList<PairLogps> step)
    {
        if (step.Count == 0) return [];
        var chosen = Math.Max(0, step.Average(p => p.PolicyChosen - p.ReferenceChosen));
        var rejected = Math.Max(0, step.Average(p => p.PolicyRejected - p.ReferenceRejected));
        return
        [
            .. step.Select((pair, i) => new ArrangedPair(
                pair with { ReferenceChosen = pair.ReferenceChosen + rejected, ReferenceRejected = pair.ReferenceRejected + chosen }, i, i)),
        ];
    }
}
