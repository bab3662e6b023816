using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>Self-play preference optimization.</summary>
internal sealed class SppoLoss : PreferenceLoss
{
    public override string Name => "sppo";

    public override string Formula => "(c - t)^2 + (r + t)^2, t = (p - 1/2) / beta, p = the pair's chosen_win_rate, else win-rate";

    public override string Source => "arXiv 2405.00675, as in TRL, where win-rate is 1";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.WinRate, 1)];

    public override ImmutableArray<PairColumn> Columns => [PairColumn.WinRate];

    public override bool ReadsDivergence => true;

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var target = ((pair.Columns.WinRate ?? Parameter(pair, LossParameter.WinRate)) - 0.5) / pair.Beta;
        var (chosen, rejected) = (pair.ChosenScore - target, pair.RejectedScore + target);
        return chosen * chosen + rejected * rejected;
    }
}
