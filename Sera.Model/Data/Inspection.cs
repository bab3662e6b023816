using System.Collections.Immutable;
using Sera.Model.Data.Inspecting;
using Sera.Model.Data.Sources;

namespace Sera.Model.Data;

/// <summary>What a data file holds.</summary>
/// <param name="Rows">Rows that are usable.</param>
/// <param name="Problems">Rows that are not, each with its reason and line; the first 10,000 of them.</param>
/// <param name="DistinctPrompts">Different prompts among the usable rows.</param>
/// <param name="Duplicates">Usable rows that repeat an earlier one in everything but the id.</param>
/// <param name="Unit">tokens, or characters where no tokenizer is given.</param>
/// <param name="Lengths">Of the usable rows; without special tokens that a run may append.</param>
/// <param name="OverContext">Share of the usable rows longer than the context, prompt and longest response together; null without a context.</param>
/// <param name="ChosenLonger">Share of the pairs whose chosen response is the longer one, ties half; null for other shapes.</param>
/// <param name="Flipped">Share of the pairs marked as flipped among those that say; null where none says.</param>
public sealed record Inspection(
    string Path, RowShape? Shape, string Announcement, int Rows, ImmutableArray<RowProblem> Problems, int DistinctPrompts, int Duplicates,
    string Unit, ImmutableArray<LengthQuantiles> Lengths, double? OverContext, double? ChosenLonger, double? Flipped)
{
    /// <summary>Where rows stand.</summary>
    public RowOrigin Origin { get; init; } = new(Path);

    /// <summary>How many rows are not usable, by reason.</summary>
    public ImmutableSortedDictionary<string, int> ProblemCounts { get; init; } = ImmutableSortedDictionary<string, int>.Empty;

    /// <summary>Rows that say nearly what an earlier one says, and are no duplicates (<see cref="Inspecting.MinHash"/>, a similarity of 0.8).</summary>
    public int NearDuplicates { get; init; }

    /// <summary>Rows that were compared for near duplicates: the first 100,000 different ones.</summary>
    public int Compared { get; init; }

    /// <summary>Prompts that are evaluation prompts too; null where none were given.</summary>
    public EvaluationOverlap? Overlap { get; init; }

    /// <summary>Pairs with chosen equal to rejected.</summary>
    public int Identical => ProblemCounts.GetValueOrDefault(BadRowReasons.Identical);

    /// <summary>Rows with an empty prompt or response.</summary>
    public int Empty => ProblemCounts.GetValueOrDefault(BadRowReasons.EmptyPrompt) + ProblemCounts.GetValueOrDefault(BadRowReasons.EmptyResponse);
}

/// <param name="Of">prompt, chosen, rejected, response, or total: the prompt and its longest response.</param>
/// <param name="Values">At <see cref="Inspector.Levels"/>.</param>
public sealed record LengthQuantiles(string Of, ImmutableArray<double> Values);
