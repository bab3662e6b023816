using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>Provably robust DPO: its mean over labels flipped with probability e is the loss on the true ones. Not bounded below.</summary>
internal sealed class RobustLoss : PreferenceLoss
{
    public override string Name => "robust";

    public override string Formula => "(-(1-e) log s(beta (c - r)) + e log s(-beta (c - r))) / (1 - 2e), e = label-smoothing";

    public override string Source => "arXiv 2403.00409, as in TRL";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Smoothing, 0.1)];

    public override bool ReadsDivergence => true;

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var (z, e) = (pair.Beta * (pair.ChosenScore - pair.RejectedScore), Parameter(pair, LossParameter.Smoothing));
        return (e * T.LogSigmoid(-z) - (1 - e) * T.LogSigmoid(z)) / (1 - 2 * e);
    }
}
