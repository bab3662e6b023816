using Sera.Model.Alignment;

namespace Sera.Model.Training;

/// <summary>How a supervised training goes.</summary>
/// <param name="Training">PairsPerStep counts examples here.</param>
/// <param name="IncludePrompt">Learn the prompt's tokens too (all but the first); for training from scratch.</param>
public sealed record SupervisedOptions(TrainingOptions Training, bool IncludePrompt, ulong Seed);
