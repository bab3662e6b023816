using System.Collections.Immutable;
using Sera.Model.Data.Sources;

namespace Sera.Model.Data;

/// <summary>The data of a run, tokenized and split; a pure function of the files, the options, the tokenizer and the seed.</summary>
/// <param name="Train">Pairs to train on, in file order.</param>
/// <param name="HeldOut">Pairs of the prompts kept aside; no prompt is on both sides.</param>
/// <param name="Prompts">For bootstrapping; all different, none of a held-out pair.</param>
/// <param name="Eval">Evaluation prompts; empty where no file is named.</param>
/// <param name="EvalSeen">Evaluation prompts that also are training or bootstrapping prompts: not held out, though used.</param>
/// <param name="Dropped">Everything left out, by file and reason.</param>
/// <param name="Labels">What became of the labels; null where no file names any.</param>
/// <param name="Announcements">One line a file: what its rows were recognised as.</param>
public sealed record PreparedData(
    ImmutableArray<PairRow> Train, ImmutableArray<PairRow> HeldOut, ImmutableArray<PromptRow> Prompts, ImmutableArray<EvalRow> Eval,
    int EvalSeen, ImmutableArray<DropCount> Dropped, ImmutableArray<string> Announcements,
    LabelCounts? Labels = null)
{
    /// <summary>Rows that are used but were cut to the length limit, by file and <see cref="CutReasons"/>.</summary>
    public ImmutableArray<DropCount> Cut { get; init; } = [];
}

/// <param name="Reason">One of <see cref="BadRowReasons"/>, or of <see cref="CutReasons"/>.</param>
/// <param name="File">That the first of them stands in.</param>
/// <param name="FirstLine">Where it stands there.</param>
/// <param name="IsLine">Whether that is a line; of a JSON array or a Parquet file it is the row.</param>
public sealed record DropCount(string File, string Reason, int Count, int FirstLine, bool IsLine = true)
{
    /// <summary>Where the first of them stands, as errors name it.</summary>
    public RowPlace First => new(File, FirstLine, IsLine);
}
