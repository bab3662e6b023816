namespace Sera.Model.Alignment.Losses;

/// <summary>DPO with log-ratios averaged over tokens, as for Tulu 3.</summary>
internal sealed class DpoNormLoss : PreferenceLoss
{
    public override string Name => "dpo-norm";

    public override string Formula => "-log s(beta (c / n_w - r / n_l))";

    public override string Source => "arXiv 2411.15124, as in TRL (sigmoid_norm)";

    public override bool ReadsDivergence => true;

    public override string RewardFormula => "beta a / n";

    public override double Reward(LossOptions options, double policyLogp, double referenceLogp, int length) =>
        ImplicitReward.LogRatio(options.Beta, policyLogp, referenceLogp) / length;

    public override T PerPair<T>(in LossInput<T> pair) =>
        -T.LogSigmoid(pair.Beta * (pair.ChosenScore / pair.Pair.ChosenLength - pair.RejectedScore / pair.Pair.RejectedLength));
}
