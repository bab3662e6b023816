using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>The losses there are. A new one is a file of its own and a line here.</summary>
public static class PreferenceLosses
{
    public static readonly ImmutableArray<IPreferenceLoss> All =
    [
        new DpoLoss(),
        new IpoLoss(),
        new SlicHfLoss(),
        new SimpoLoss(),
    ];

    /// <summary>Names as in loss.name, for messages: "dpo | ipo | ...".</summary>
    public static string Names => string.Join(" | ", All.Select(l => l.Name));

    /// <summary>Null when no loss has that name; names are case-sensitive.</summary>
    public static IPreferenceLoss? Find(string name)
    {
        foreach (var loss in All)
        {
            if (loss.Name == name)
            {
                return loss;
            }
        }
        return null;
    }

    /// <exception cref="ArgumentException">No loss has that name.</exception>
    public static IPreferenceLoss Get(string name) =>
        Find(name) ?? throw new ArgumentException($"no loss named '{name}', expected {Names}", nameof(name));

    /// <summary>Whether reference log-probabilities are read at all.</summary>
    public static bool NeedsReference(LossOptions options) => Get(options.Name).Reward == RewardForm.LogRatio;

    /// <summary>Value and derivatives of the loss the options name.</summary>
    public static LossValue Evaluate(LossOptions options, in PairLogps pair) => Get(options.Name).Evaluate(options, pair);
}
