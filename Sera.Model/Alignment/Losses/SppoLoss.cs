using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>Self-play preference optimization.</summary>
internal sealed class SppoLoss : PreferenceLoss
{
    public override string Name => "sppo";

    public override string Formula => "(c - t)^2 + (r + t)^2, t = (win-rate - 1/2) / beta";

    public override string Source => "arXiv 2405.00675, as in TRL, where win-rate is 1";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.WinRate, 1)];

    public override bool ReadsDivergence => true;

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var target = (Parameter(pair, LossParameter.WinRate) - 0.5) / pair.Beta;
        var (chosen, rejected) = (pair.ChosenScore - target, pair.RejectedScore + target);
        return chosen * chosen + rejected * rejected;
    }
}
