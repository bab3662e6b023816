using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Data;

namespace Sera.Host.Configuration;

/// <summary>
/// Keys that another key takes the place of, as a count does of a share. Nobody reads a replaced key, so who gives both has made a slip and is told;
/// a --set option alone replaces what the file says, since it cannot take it out.
/// </summary>
internal static class ReplacedKeys
{
    private static readonly ImmutableArray<(string Key, string By, Func<RunSettings, bool> Holds)> All =
    [
        (RunKeys.SelectionKeep, RunKeys.SelectionKeepPairs, settings => settings.Whole(RunKeys.SelectionKeepPairs) > 0),
        (RunKeys.SelectionKeep, RunKeys.SelectionRule, settings => SelectionRules.Find(settings.Text(RunKeys.SelectionRule)) is { ByThreshold: true }),
        (RunKeys.BootstrapKeep, RunKeys.BootstrapKeepPairs, settings => settings.Whole(RunKeys.BootstrapKeepPairs) > 0),
    ];

    /// <summary>Those that nobody reads, and what they are replaced by.</summary>
    public static IEnumerable<(string Key, string By)> Of(RunSettings settings) =>
        All.Where(each => each.Holds(settings)).Select(each => (each.Key, each.By));

    /// <summary>The settings with every replaced key at its default.</summary>
    /// <param name="chosen">Keys given by --set.</param>
    /// <exception cref="InputException">A key is given beside the one that replaces it.</exception>
    public static RunSettings Settle(
        RunSettings settings, ImmutableHashSet<string> chosen, ImmutableDictionary<string, RunSettings.Setting> defaults)
    {
        foreach (var (key, by) in Of(settings).Where(each => settings.IsGiven(each.Key)))
        {
            if (!chosen.Contains(by) || chosen.Contains(key))
            {
                throw settings.Error(key, $"only one of it and {by} = {settings[by]}", "remove one of the two");
            }
            settings = settings.With(key, defaults[key]);
        }
        return settings;
    }
}
