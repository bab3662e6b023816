using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>
/// Preferences from the policy's own responses: per prompt the best by ensembled implicit reward against the one the pair rule names, then the K~
/// prompts with the largest margins (SeRA, arXiv 2410.09362, section 3; rules and filters are this project's, docs/methods.md).
/// Unfit responses (reward not finite, empty, truncated) leave first; of equal rewards the first counts; prompts are ranked by margin rounded to six
/// decimals, then by id. K~ is a count, or max(1, round(keep n)) over all n prompts asked, none at keep = 0. The order of the prompts does not matter.
/// </summary>
public static class PreferenceBootstrap
{
    private const int MarginDecimals = 6;

    /// <param name="seed">Of a pair rule that draws; others do not read it.</param>
    /// <exception cref="ArgumentException">No pair rule has that name, or a prompt has fewer than two responses.</exception>
    public static BootstrapResult Pairs(IReadOnlyList<BootstrapPrompt> prompts, BootstrapOptions options, ulong seed = 0)
    {
        var rule = PairRules.Of(options);
        var verdicts = prompts.Select(p => Judge(p, options.KeepTruncated, rule, seed)).ToArray();
        var ranked = Rank(prompts, verdicts);
        var kept = options.IsOn ? Math.Min(ranked.Length, MarginSelection.KeptCount(options.Keep, options.KeepPairs, prompts.Count)) : 0;
        foreach (var i in ranked.AsSpan(kept))
        {
            verdicts[i] = verdicts[i] with { Filter = BootstrapFilters.BelowK };
        }
        var filtered = verdicts.Where(v => !v.Kept).CountBy(v => v.Filter!).ToImmutableSortedDictionary(StringComparer.Ordinal);
        return new BootstrapResult([.. verdicts], [.. ranked.Take(kept)], filtered);
    }

    /// <summary>Whether a response may enter a pair at all.</summary>
    internal static bool IsFit(BootstrapResponse response, bool keepTruncated) => !Unfit(keepTruncated).Any(reason => reason.Unfit(response));

    private static BootstrapVerdict Judge(BootstrapPrompt prompt, bool keepTruncated, PairRule rule, ulong seed)
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
        var best = rule.ChoosesFirst ? fit[0] : fit.MaxBy(i => responses[i].Reward);
        var rejected = rule.Reject(prompt, fit, best, seed);
        var margin = responses[best].Reward - responses[rejected].Reward;
        var sameText = best == rejected
            ? fit.All(i => responses[i].Text == responses[best].Text)
            : responses[best].Text == responses[rejected].Text;
        var reason = sameText ? BootstrapFilters.Identical
            : margin <= 0 ? BootstrapFilters.MarginNotPositive
            : !double.IsFinite(margin) ? BootstrapFilters.NonFinite
            : null;
        return new BootstrapVerdict(prompt.Id, best, rejected, margin, reason);
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
