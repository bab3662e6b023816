namespace Sera.Model.Alignment.Losses;

/// <summary>Contrastive preference optimization: DPO under a uniform reference. Its NLL term is "+ sft".</summary>
internal sealed class CpoLoss : PreferenceLoss
{
    public override string Name => "cpo";

    public override string Formula => "-log s(beta (logp(w) - logp(l)))";

    public override string Source => "arXiv 2401.08417, as in TRL, without its NLL term";

    public override bool NeedsReference => false;

    public override string RewardFormula => "beta logp";

    public override double Reward(LossOptions options, double policyLogp, double referenceLogp, int length) =>
        options.Beta * policyLogp;

    public override T PerPair<T>(in LossInput<T> pair) =>
        -T.LogSigmoid(pair.Beta * (pair.Chosen - pair.Rejected));
}
