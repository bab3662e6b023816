using System.Text.Json.Serialization;
using Sera.Model.Alignment.Losses;

namespace Sera.Model.Alignment;

/// <summary>A direct alignment loss and its parameters (docs/methods.md).</summary>
/// <param name="Name">Of a loss in <see cref="PreferenceLosses"/>, or a weighted sum of some, such as "0.8 dpo + 0.2 bco + sft".</param>
/// <param name="Beta">Scale of the implicit reward, &gt; 0.</param>
/// <param name="TargetMargin">SimPO's gamma, in reward units, &gt;= 0.</param>
/// <param name="Divergence">One of <see cref="Divergences.All"/>; null = reverse KL.</param>
/// <param name="Settings">Values of parameters, in ordinal order of their keys; those not there have the default of the loss. null = none. Written where there are some.</param>
/// <param name="Consistency">One of <see cref="RankConsistency.All"/>; null = kendall.</param>
/// <param name="AverageConsistency">Every bootstrapped pair gets the mean consistency instead of its own.</param>
/// <param name="Weighting"><see cref="Wpo"/>, or null: every pair counts alike.</param>
/// <param name="TokenWeights">One of <see cref="Tokens.TokenWeightings.All"/>; null = every token counts alike.</param>
/// <param name="RefinementPrompt">Text before the prompt for the column refinement; null where no loss reads it.</param>
/// <param name="MovingThreshold">SPA's threshold follows the margins of the round's steps (<see cref="Losses.MovingThreshold"/>).</param>
/// <param name="Prior">What similarity is: <see cref="RewardPrior.Cosine"/>, or null = the ratio of lengths.</param>
public sealed record LossOptions(
    string Name,
    double Beta,
    double TargetMargin,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] string? Divergence = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] IReadOnlyList<LossSetting>? Settings = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] string? Consistency = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool AverageConsistency = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] string? Weighting = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] string? TokenWeights = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] string? RefinementPrompt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool MovingThreshold = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] string? Prior = null)
{
    /// <summary>WPO: a pair's loss counts as much as its responses are likely for the policy (arXiv 2406.11827).</summary>
    public const string Wpo = "wpo";

    /// <summary>null where the default of the loss counts.</summary>
    public double? Parameter(LossParameter parameter)
    {
        foreach (var setting in Settings ?? [])
        {
            if (setting.Key == parameter.Key) return setting.Value;
        }
        return null;
    }

    /// <summary>The same options with a parameter set.</summary>
    public LossOptions With(LossParameter parameter, double value) => this with
    {
        Settings = [.. (Settings ?? []).Where(s => s.Key != parameter.Key).Append(new LossSetting(parameter.Key, value)).OrderBy(s => s.Key, StringComparer.Ordinal)],
    };
}

/// <param name="Key">Of a <see cref="LossParameter"/>.</param>
public sealed record LossSetting(string Key, double Value);
