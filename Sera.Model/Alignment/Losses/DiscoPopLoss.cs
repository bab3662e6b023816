using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>The loss that DiscoPOP's search found.</summary>
internal sealed class DiscoPopLoss : PreferenceLoss
{
    public override string Name => "discopop";

    public override string Formula => "(1 - m) (-log s(z)) + m exp(-z), m = s(z / temperature), z = beta (c - r)";

    public override string Source => "arXiv 2406.08414, as in TRL";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Temperature, 0.05)];

    public override bool ReadsDivergence => true;

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var z = pair.Beta * (pair.ChosenScore - pair.RejectedScore);
        var bent = z / Parameter(pair, LossParameter.Temperature);
        // m exp(-z) as one exponential: apart, a very negative z makes infinity times zero of them.
        return T.Exp(T.LogSigmoid(bent) - z) - T.Sigmoid(-bent) * T.LogSigmoid(z);
    }
}
