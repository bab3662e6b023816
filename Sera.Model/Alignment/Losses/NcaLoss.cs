namespace Sera.Model.Alignment.Losses;

/// <summary>Noise contrastive alignment on pairs.</summary>
internal sealed class NcaLoss : PreferenceLoss
{
    public override string Name => "nca";

    public override string Formula => "-log s(beta c) - log s(-beta c) / 2 - log s(-beta r) / 2";

    public override string Source => "arXiv 2402.05369, as in TRL";

    public override bool ReadsDivergence => true;

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var (chosen, rejected) = (pair.Beta * pair.ChosenScore, pair.Beta * pair.RejectedScore);
        return -T.LogSigmoid(chosen) - 0.5 * (T.LogSigmoid(-chosen) + T.LogSigmoid(-rejected));
    }
}
