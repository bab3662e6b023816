using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>H-DPO: alpha under 1 makes the policy's distribution narrower than DPO does, over 1 wider.</summary>
internal sealed class HDpoLoss : PreferenceLoss
{
    public override string Name => "h-dpo";

    public override string Formula => "-log s(beta ((alpha logp(w) - logp_ref(w)) - (alpha logp(l) - logp_ref(l))))";

    public override string Source => "arXiv 2411.07595";

    public override LossStanding Standing => LossStanding.FromMemory;

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Coefficient, 1)];

    public override string RewardFormula => "beta (alpha logp - logp_ref)";

    public override double Reward(LossOptions options, double policyLogp, double referenceLogp, int length) =>
        options.Beta * (Parameter(options, LossParameter.Coefficient) * policyLogp - referenceLogp);

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var a = Parameter(pair, LossParameter.Coefficient);
        return -T.LogSigmoid(pair.Beta * (a * (pair.Chosen - pair.Rejected) - (pair.Pair.ReferenceChosen - pair.Pair.ReferenceRejected)));
    }
}
