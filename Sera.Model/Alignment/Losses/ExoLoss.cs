using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>EXO on pairs: the reverse KL divergence between the policy's preference and the smoothed label.</summary>
internal sealed class ExoLoss : PreferenceLoss
{
    public override string Name => "exo";

    public override string Formula => "s(z) (log s(z) - log(1-e)) + s(-z) (log s(-z) - log e), z = beta (c - r), e = label-smoothing";

    public override string Source => "arXiv 2402.00856, as in TRL";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Smoothing, 0.001)];

    public override bool ReadsDivergence => true;

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var (z, e) = (pair.Beta * (pair.ChosenScore - pair.RejectedScore), Parameter(pair, LossParameter.Smoothing));
        return T.Sigmoid(z) * (T.LogSigmoid(z) - Math.Log(1 - e)) + T.Sigmoid(-z) * (T.LogSigmoid(-z) - Math.Log(e));
    }
}
