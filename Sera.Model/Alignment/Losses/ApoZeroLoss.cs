namespace Sera.Model.Alignment.Losses;

/// <summary>Anchored preference optimization: chosen up, rejected down.</summary>
internal sealed class ApoZeroLoss : PreferenceLoss
{
    public override string Name => "apo-zero";

    public override string Formula => "1 - s(beta a_w) + s(beta a_l)";

    public override string Source => "arXiv 2408.06266, as in TRL";

    public override T PerPair<T>(in LossInput<T> pair) =>
        T.Sigmoid(pair.Beta * pair.RejectedRatio) - T.Sigmoid(pair.Beta * pair.ChosenRatio) + 1;
}
