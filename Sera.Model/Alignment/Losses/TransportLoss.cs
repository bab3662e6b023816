using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>
/// Alignment via optimal transport (arXiv 2406.05882): not each pair, but the distribution of a step's pairs shall be preferred, so the pairs are
/// sorted before they are compared. Sorted over the whole step, whatever its micro-batches.
/// </summary>
internal abstract class TransportLoss : PreferenceLoss
{
    public override string Source => "arXiv 2406.05882, as in TRL";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Smoothing, 0)];

    public override bool IsCoupled => true;

    /// <summary>Of a pair as it was arranged.</summary>
    public override T PerPair<T>(in LossInput<T> pair) =>
        Smoothed(pair.Margin, Parameter(pair, LossParameter.Smoothing));

    public abstract override ImmutableArray<ArrangedPair> Arrange(IReadOnlyList<PairLogps> step);

    /// <summary>Places of a step in the order of a value; equal ones in the order of the step.</summary>
    protected static int[] Sorted(IReadOnlyList<PairLogps> step, Func<PairLogps, double> value) =>
        [.. Enumerable.Range(0, step.Count).OrderBy(i => value(step[i]))];
}

/// <summary>Sorts differences of chosen and rejected.</summary>
internal sealed class AotLoss : TransportLoss
{
    public override string Name => "aot";

    public override string Formula =>
        "-(1-e) log s(beta q) - e log s(-beta q), q = k-th of the sorted logp(w) - logp(l) less the k-th of the reference's, e = label-smoothing";

    public override ImmutableArray<ArrangedPair> Arrange(IReadOnlyList<PairLogps> step)
    {
        var policy = Sorted(step, p => p.PolicyChosen - p.PolicyRejected);
        var reference = Sorted(step, p => p.ReferenceChosen - p.ReferenceRejected);
        return
        [
            .. policy.Zip(reference, (i, k) => new ArrangedPair(
                step[i] with { ReferenceChosen = step[k].ReferenceChosen, ReferenceRejected = step[k].ReferenceRejected }, i, i)),
        ];
    }
}

/// <summary>Sorts chosen and rejected apart.</summary>
internal sealed class AotUnpairedLoss : TransportLoss
{
    public override string Name => "aot-unpaired";

    public override string Formula => "the same with q = k-th of the sorted a_w less the k-th of the sorted a_l";

    public override ImmutableArray<ArrangedPair> Arrange(IReadOnlyList<PairLogps> step)
    {
        var chosen = Sorted(step, p => p.PolicyChosen - p.ReferenceChosen);
        var rejected = Sorted(step, p => p.PolicyRejected - p.ReferenceRejected);
        return
        [
            .. chosen.Zip(rejected, (i, k) => new ArrangedPair(
                step[i] with { PolicyRejected = step[k].PolicyRejected, ReferenceRejected = step[k].ReferenceRejected, RejectedLength = step[k].RejectedLength }, i, k)),
        ];
    }
}
