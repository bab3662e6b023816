using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>
/// SPA's self-refinement: a label that the policy itself doubts is smoothed. The doubt is not derived by.
/// The threshold is what the run says, or follows the margins so far (<see cref="MovingThreshold"/>).
/// </summary>
internal sealed class SpaLoss : PreferenceLoss
{
    public override string Name => "spa";

    public override string Formula => "-(1 - alpha + alpha k) log s(z) - alpha (1 - k) log s(-z), z = beta d, k = 1 where z > threshold, else 0";

    public override string Source => "arXiv 2406.04412, its authors' code";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Coefficient, 0.1), (LossParameter.Threshold, 0)];

    public override T PerPair<T>(in LossInput<T> pair) =>
        Smoothed(pair.Margin, pair.Margin.Value > Parameter(pair, LossParameter.Threshold) ? 0 : Parameter(pair, LossParameter.Coefficient));
}
