using System.Collections.Immutable;

namespace Sera.Model.Data;

/// <summary>What a data file holds.</summary>
/// <param name="Rows">Rows that are usable.</param>
/// <param name="Problems">Rows that are not, each with its reason and line.</param>
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
    /// <summary>Pairs with chosen equal to rejected.</summary>
    public int Identical => Problems.Count(problem => problem.Reason == BadRowReasons.Identical);

    /// <summary>Rows with an empty prompt or response.</summary>
    public int Empty => Problems.Count(problem => problem.Reason is BadRowReasons.EmptyPrompt or BadRowReasons.EmptyResponse);
}

/// <param name="Of">prompt, chosen, rejected, response, or total: the prompt and its longest response.</param>
/// <param name="Values">At <see cref="Inspector.Levels"/>.</param>
public sealed record LengthQuantiles(string Of, ImmutableArray<double> Values);
