using System.Collections.Immutable;
using Sera.Model.Tokenization;

namespace Sera.Model.Data;

/// <summary>Describes a data file of any shape; never refuses, bad rows and trouble with the file are among the problems.</summary>
public static class Inspector
{
    /// <summary>Levels of the length quantiles.</summary>
    public static ImmutableArray<double> Levels { get; } = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1];

    /// <param name="tokenizer">Null = lengths in characters, and no share over the context.</param>
    /// <param name="context">Longest sequence in tokens; null = unknown.</param>
    public static Inspection Inspect(string path, ITextTokenizer? tokenizer, int? context)
    {
        var texts = RowReader.Any(path, tokenizer);
        var measured = texts.Rows.AsParallel().AsOrdered().Select(row => Measure(row, tokenizer)).ToList();
        var pairs = texts.Rows.OfType<TextPair>().ToList();
        var marked = pairs.Where(pair => pair.Flipped is not null).ToList();
        return new Inspection(
            path,
            texts.Shape,
            texts.Announcement,
            texts.Rows.Length,
            texts.Problems,
            texts.Rows.Select(row => row.Prompt).Distinct(StringComparer.Ordinal).Count(),
            texts.Rows.Length - texts.Rows.Select(Content).Distinct().Count(),
            tokenizer is null ? "characters" : "tokens",
            Quantiles(measured),
            tokenizer is null || context is null || measured.Count == 0 ? null : measured.Average(row => row.Total > context ? 1.0 : 0.0),
            pairs.Count == 0 ? null : measured.Average(row => 0.5 + 0.5 * Math.Sign(row.Responses[0] - row.Responses[1])),
            marked.Count == 0 ? null : marked.Average(pair => pair.Flipped == true ? 1.0 : 0.0));
    }

    private static Measured Measure(TextRow row, ITextTokenizer? tokenizer)
    {
        var responses = Responses(row).Select(text => tokenizer?.EncodeContinuation(text).Length ?? text.Length);
        return new Measured((row.Rendered ? tokenizer?.EncodeRendered(row.Prompt) : tokenizer?.Encode(row.Prompt))?.Length ?? row.Prompt.Length, [.. responses]);
    }

    private static string[] Responses(TextRow row) => row switch
    {
        TextPair pair => [pair.Chosen, pair.Rejected],
        TextExample example => [example.Response],
        _ => [],
    };

    // Lengths in front keep two rows apart that only read the same when joined.
    private static string Content(TextRow row) => string.Concat(((string[])[row.Prompt, .. Responses(row)]).Select(text => $"{text.Length}:{text}"));

    private static ImmutableArray<LengthQuantiles> Quantiles(List<Measured> rows)
    {
        if (rows.Count == 0) return [];
        LengthQuantiles Of(string name, Func<Measured, int> length) =>
            new(name, Evaluation.Quantiles.Of([.. rows.Select(row => (double)length(row)).Order()], Levels));
        return rows[0].Responses.Length switch
        {
            0 => [Of("prompt", row => row.Prompt)],
            1 => [Of("prompt", row => row.Prompt), Of("response", row => row.Responses[0]), Of("total", row => row.Total)],
            _ => [Of("prompt", row => row.Prompt), Of("chosen", row => row.Responses[0]), Of("rejected", row => row.Responses[1]), Of("total", row => row.Total)],
        };
    }

    private sealed record Measured(int Prompt, int[] Responses)
    {
        public int Total => Prompt + Responses.DefaultIfEmpty(0).Max();
    }
}
