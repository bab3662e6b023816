using System.Collections.Immutable;
using Sera.Model.Data.Inspecting;
using Sera.Model.Tokenization;

namespace Sera.Model.Data;

/// <summary>Describes data of any shape; never refuses, bad rows and trouble with a file are among the problems. Rows are read as a stream.</summary>
public static class Inspector
{
    /// <summary>Levels of the length quantiles.</summary>
    public static ImmutableArray<double> Levels { get; } = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1];

    /// <param name="tokenizer">Null = lengths in characters, and no share over the context.</param>
    /// <param name="context">Longest sequence in tokens; null = unknown.</param>
    /// <param name="evaluation">Rows whose prompts should not be among the data's; null = none.</param>
    /// <exception cref="InputException">The evaluation prompts cannot be read.</exception>
    public static Inspection Inspect(string path, ITextTokenizer? tokenizer, int? context, string? evaluation = null)
    {
        var tally = new InspectionTally(tokenizer, context, evaluation is null ? null : new OverlapCounter(evaluation, tokenizer));
        var (shape, origin) = RowReader.Each(path, tally.Add, tally.Add, tokenizer, said: evaluation is not null);
        return tally.Found(path, shape) with { Origin = origin };
    }
}
