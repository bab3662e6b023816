using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>iREPO: the implicit reward margin regressed onto the logit of how often annotators prefer chosen.</summary>
internal sealed class IrepoLoss : PreferenceLoss
{
    public override string Name => "irepo";

    public override string Formula => "(beta d - log(p / (1 - p)))^2, p = how often chosen wins: the pair's chosen_win_rate, else win-rate";

    public override string Source => "arXiv 2405.15230";

    public override LossStanding Standing => LossStanding.FromMemory;

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.WinRate, LossParameter.NoDefault)];

    public override ImmutableArray<PairColumn> Columns => [PairColumn.WinRate];

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var rate = pair.Columns.WinRate ?? Parameter(pair, LossParameter.WinRate);
        if (double.IsNaN(rate)) throw new ArgumentException($"{Name} needs the win rate of each pair", nameof(pair));
        var off = pair.Margin - Math.Log(rate / (1 - rate));
        return off * off;
    }
}
