using Sera.Model.Alignment;

namespace Sera.Model.Rewards;

/// <summary>How a reward model is trained.</summary>
/// <param name="Training">Its Lora says whether an adapter is trained beside the row of scores; PairsPerStep counts pairs.</param>
/// <param name="HeadOnly">Only the row of scores is trained, over a frozen policy.</param>
/// <param name="Everywhere">The loss is the mean over the positions after the responses differ; false = at their ends alone (<see cref="PairwiseRewardLoss"/>).</param>
public sealed record RewardModelOptions(TrainingOptions Training, bool HeadOnly, bool Everywhere, ulong Seed);
