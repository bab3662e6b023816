using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>The calibrations there are. A new one is a pure function and a line here.</summary>
public static class RewardCalibrations
{
    /// <summary>The value of bootstrap.calibration that leaves the rewards as they are.</summary>
    public const string None = "none";

    public static readonly ImmutableArray<(string Name, LengthFit Fit)> All =
    [
        ("dice", DiceCalibration.Fit),
        ("lowess", LowessCalibration.Fit),
    ];

    /// <summary>Values of bootstrap.calibration, for messages: "none | dice | ...".</summary>
    public static string Names => string.Join(" | ", All.Select(c => c.Name).Prepend(None));

    /// <summary>Null when no calibration has that name; names are case-sensitive.</summary>
    public static LengthFit? Find(string name) => All.FirstOrDefault(c => c.Name == name).Fit;
}
