namespace Sera.Model.Alignment.Losses;

/// <summary>Supervised fine-tuning on chosen; its mean over a step is the NLL per token. A term for other losses to be added to.</summary>
internal sealed class SftLoss : PreferenceLoss
{
    public override string Name => "sft";

    public override string Formula => "-logp(w) / mean n_w over the step";

    public override string Source => "the NLL of chosen, as in TRL";

    public override bool NeedsReference => false;

    public override bool NeedsStepTokens => true;

    public override string RewardFormula => "beta logp / n";

    public override double Reward(LossOptions options, double policyLogp, double referenceLogp, int length) =>
        ImplicitReward.LengthAveraged(options.Beta, policyLogp, length);

    public override T PerPair<T>(in LossInput<T> pair) =>
        -(((double)pair.Step.Pairs / pair.Step.ChosenTokens) * pair.Chosen);
}
