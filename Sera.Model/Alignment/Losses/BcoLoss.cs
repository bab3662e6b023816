using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>Binary classifier optimization on pairs.</summary>
internal sealed class BcoLoss : PreferenceLoss
{
    public override string Name => "bco";

    public override string Formula => "-log s(beta c - offset) - log s(-(beta r - offset))";

    public override string Source => "arXiv 2404.04656, as in TRL, where offset is 0";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Offset, 0)];

    public override bool ReadsDivergence => true;

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var offset = Parameter(pair, LossParameter.Offset);
        return -T.LogSigmoid(pair.Beta * pair.ChosenScore - offset) - T.LogSigmoid(-(pair.Beta * pair.RejectedScore - offset));
    }
}
