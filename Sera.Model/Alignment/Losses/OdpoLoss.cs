using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>DPO with an offset: chosen has to be better by that much. One offset for all pairs.</summary>
internal sealed class OdpoLoss : PreferenceLoss
{
    public override string Name => "odpo";

    public override string Formula => "-log s(beta d - offset)";

    public override string Source => "arXiv 2402.10571";

    public override LossStanding Standing => LossStanding.FromMemory;

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Offset, 0.3)];

    public override T PerPair<T>(in LossInput<T> pair) =>
        -T.LogSigmoid(pair.Margin - Parameter(pair, LossParameter.Offset));
}
