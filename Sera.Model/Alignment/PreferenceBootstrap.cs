using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>
/// Preferences from the policy's own responses: per prompt the best against the worst by ensembled implicit reward, then the K~ prompts with the
/// largest margins (SeRA, arXiv 2410.09362, section 3; the filters are this project's, docs/methods.md).
/// Unfit responses (reward not finite, empty, truncated) leave first; of equal rewards the first counts; prompts are ranked by margin rounded to six
/// decimals, then by id. K~ = max(1, round(keep n)) over all n prompts asked, none at keep = 0. The order of the prompts does not matter.
/// </summary>
public static class PreferenceBootstrap
{
    private const int MarginDecimals = 6;

    public static BootstrapResult Pairs(IReadOnlyList<BootstrapPrompt> prompts, BootstrapOptions options)
    {
        var verdicts = prompts.Select(p => Judge(p, options.KeepTruncated)).ToArray();
        var ranked = Rank(prompts, verdicts);
        var kept = options.Keep == 0 ? 0 : Math.Min(ranked.Length, MarginSelection.KeptCount(options.Keep, prompts.Count));
        foreach (var i in ranked.AsSpan(kept))
        {
            verdicts[i] = verdicts[i] with { Filter = BootstrapFilters.BelowK };
        }
        var filtered = verdicts.Where(v => !v.Kept).CountBy(v => v.Filter!).ToImmutableSortedDictionary(StringComparer.Ordinal);
        return new BootstrapResult([.. verdicts], [.. ranked.Take(kept)], filtered);
    }

    /// <summary>Whether a response may enter a pair at all.</summary>
    internal static bool IsFit(BootstrapResponse response, bool keepTruncated) => !Unfit(keepTruncated).Any(reason => reason.Unfit(response));

    private static BootstrapVerdict Judge(BootstrapPrompt prompt, bool keepTruncated)
    {
        var responses = prompt.Responses;
        if (responses.Length < 2)
        {
            throw new ArgumentException($"prompt {prompt.Id} has {responses.Length} responses, a pair needs 2");
        }
        var fit = Enumerable.Range(0, responses.Length).ToList();
        foreach (var (filter, unfit) in Unfit(keepTruncated))
        {
            fit.RemoveAll(i => unfit(responses[i]));
            if (fit.Count < 2)
            {
                return new BootstrapVerdict(prompt.Id, -1, -1, double.NaN, filter);
            }
        }
        var best = fit.MaxBy(i => responses[i].Reward);
        var worst = fit.MinBy(i => responses[i].Reward);
        var margin = responses[best].Reward - responses[worst].Reward;
        var sameText = best == worst
            ? fit.All(i => responses[i].Text == responses[best].Text)
            : responses[best].Text == responses[worst].Text;
        var reason = sameText ? BootstrapFilters.Identical
            : margin <= 0 ? BootstrapFilters.MarginNotPositive
            : !double.IsFinite(margin) ? BootstrapFilters.NonFinite
            : null;
        return new BootstrapVerdict(prompt.Id, best, worst, margin, reason);
    }

    private static IEnumerable<(string Filter, Predicate<BootstrapResponse> Unfit)> Unfit(bool keepTruncated)
    {
        yield return (BootstrapFilters.NonFinite, r => !double.IsFinite(r.Reward));
        yield return (BootstrapFilters.Empty, r => string.IsNullOrWhiteSpace(r.Text));
        yield return (BootstrapFilters.Truncated, r => r.Truncated && !keepTruncated);
    }

    /// <summary>The sound pairs, best first, after later twins of a pair were marked as duplicates.</summary>
    private static int[] Rank(IReadOnlyList<BootstrapPrompt> prompts, BootstrapVerdict[] verdicts)
    {
        var seen = new HashSet<(string Prompt, string Chosen, string Rejected)>();
        foreach (var i in Sound(verdicts).OrderBy(i => verdicts[i].Id, StringComparer.Ordinal).ToArray())
        {
            var responses = prompts[i].Responses;
            if (!seen.Add((prompts[i].Prompt, responses[verdicts[i].Chosen].Text, responses[verdicts[i].Rejected].Text)))
            {
                verdicts[i] = verdicts[i] with { Filter = BootstrapFilters.Duplicate };
            }
        }
        return [.. Sound(verdicts)
            .OrderByDescending(i => Math.Round(verdicts[i].Margin, MarginDecimals))
            .ThenBy(i => verdicts[i].Id, StringComparer.Ordinal)];
    }

    private static IEnumerable<int> Sound(BootstrapVerdict[] verdicts) => Enumerable.Range(0, verdicts.Length).Where(i => verdicts[i].Kept);
}
