namespace Sera.Model.Alignment.Losses;

/// <summary>Direct preference optimization.</summary>
internal sealed class DpoLoss : PreferenceLoss
{
    public override string Name => "dpo";

    public override string Formula => "-log s(beta (c - r))";

    public override string Source => "arXiv 2305.18290, equation 7";

    public override bool ReadsDivergence => true;

    public override T PerPair<T>(in LossInput<T> pair) =>
        -T.LogSigmoid(pair.Beta * (pair.ChosenScore - pair.RejectedScore));
}
