using System.Collections.Immutable;
using Sera.Model.Data.Sources;

namespace Sera.Model.Data;

/// <summary>
/// What somebody said about pairs that were asked about (data.labels), put into the pairs before anything reads them. Hard labels keep or turn a pair
/// or leave it out; a win rate below one half turns it too, so that chosen always is the one preferred.
/// </summary>
internal static class PairLabels
{
    /// <returns>The pairs in their order, those that are new and stand in the labels' file, and what became of the labels.</returns>
    /// <exception cref="InputException">A label is of no pair and brings none with it; names file and line.</exception>
    public static (TextRows<TextPair> Pairs, TextRows<TextPair> Added, LabelCounts Counts) Apply(TextRows<TextPair> pairs, TextRows<TextLabel> labels)
    {
        var places = pairs.Rows.Select((row, i) => (row.Id, i)).ToDictionary(row => row.Id, row => row.i, StringComparer.Ordinal);
        var rows = pairs.Rows.Select(row => (TextPair?)row).ToArray();
        var added = ImmutableArray.CreateBuilder<TextPair>();
        var counts = new LabelCounts(0, 0, 0, 0);
        foreach (var label in labels.Rows)
        {
            var known = places.TryGetValue(label.Id, out var place);
            var asked = known ? pairs.Rows[place] : NewPair(labels.Origin, label, pairs);
            var judged = Judge(known ? AsShown(asked, label, labels.Origin, pairs.Origin) : asked, label);
            if (known) rows[place] = judged;
            else if (judged is not null) added.Add(judged);
            counts = judged is null ? counts with { LeftOut = counts.LeftOut + 1 }
                : !known ? counts with { Added = counts.Added + 1 }
                : judged.Chosen == asked.Chosen ? counts with { Kept = counts.Kept + 1 }
                : counts with { Turned = counts.Turned + 1 };
        }
        return (pairs with { Rows = [.. rows.OfType<TextPair>()] }, new TextRows<TextPair>(labels.Path, RowShape.Pairs, added.ToImmutable(), []) { Origin = labels.Origin }, counts);
    }

    /// <summary>The pair with its responses in the order in which somebody saw them: a label that brings the texts is of these, and not of whatever has its id now.</summary>
    private static TextPair AsShown(TextPair pair, TextLabel label, RowOrigin labels, RowOrigin pairs)
    {
        if (label.Chosen is not { } chosen || label.Rejected is not { } rejected) return pair;
        if (label.Prompt.Length == 0 || label.Prompt == pair.Prompt)
        {
            if (chosen == pair.Chosen && rejected == pair.Rejected) return pair;
            if (chosen == pair.Rejected && rejected == pair.Chosen) return Turned(pair);
        }
        throw labels.Error(
            label.Line, $"other texts than pair '{label.Id}' has ({pairs.Place(pair.Line)})", "the label of this pair", "ask again with sera query, or remove the row");
    }

    private static TextPair Turned(TextPair pair) => pair with { Chosen = pair.Rejected, Rejected = pair.Chosen, Flipped = !pair.Flipped, ChosenWinRate = 1 - pair.ChosenWinRate };

    /// <summary>null where it is left out.</summary>
    private static TextPair? Judge(TextPair pair, TextLabel label)
    {
        if (label.Verdict == LabelVerdict.LeaveOut) return null;
        var rate = label.ChosenWinRate ?? pair.ChosenWinRate;
        return (label.Verdict == LabelVerdict.Chosen ? pair : Turned(pair)) with { ChosenWinRate = rate is { } p ? Math.Max(p, 1 - p) : null };
    }

    // Texts beside conversations would lack what the chat template puts around a response.
    private static TextPair NewPair(RowOrigin labels, TextLabel label, TextRows<TextPair> pairs) =>
        pairs.Shape != RowShape.Conversations && label is { Prompt.Length: > 0, Chosen: { } chosen, Rejected: { } rejected }
        ? new TextPair(label.Line, label.Id, label.Prompt, chosen, rejected, null)
        : throw labels.Error(
            label.Line, $"no pair has the id '{label.Id}'",
            pairs.Shape == RowShape.Conversations
                ? $"an id of {pairs.Path}, whose conversations new pairs of texts cannot join"
                : $"an id of {pairs.Path}, or prompt, chosen and rejected of a new pair", "correct or remove the row");
}

/// <summary>What became of labels.</summary>
/// <param name="Kept">Pairs whose chosen response stayed it.</param>
/// <param name="Turned">Pairs whose responses changed places.</param>
/// <param name="LeftOut">Pairs neither of whose responses is better, or that shall not be used.</param>
/// <param name="Added">Pairs that were none of the data's before.</param>
public sealed record LabelCounts(int Kept, int Turned, int LeftOut, int Added);
