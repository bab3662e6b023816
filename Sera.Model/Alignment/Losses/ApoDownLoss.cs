namespace Sera.Model.Alignment.Losses;

/// <summary>Anchored preference optimization: both down, rejected further.</summary>
internal sealed class ApoDownLoss : PreferenceLoss
{
    public override string Name => "apo-down";

    public override string Formula => "s(beta a_w) + 1 - s(beta (c - r))";

    public override string Source => "arXiv 2408.06266, as in TRL";

    public override bool ReadsDivergence => true;

    public override T PerPair<T>(in LossInput<T> pair) =>
        T.Sigmoid(pair.Beta * pair.ChosenRatio) - T.Sigmoid(pair.Beta * (pair.ChosenScore - pair.RejectedScore)) + 1;
}
