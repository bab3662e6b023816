namespace Sera.Model.Alignment;

/// <summary>The implicit reward that a loss trains, and so the one that selects and bootstraps with it.</summary>
public enum RewardForm
{
    /// <summary>beta (log pi(y) - log ref(y)), summed over tokens.</summary>
    LogRatio,

    /// <summary>beta log pi(y) / |y|: the average per token, without a reference.</summary>
    LengthAveraged,
}
