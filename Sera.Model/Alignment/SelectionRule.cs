namespace Sera.Model.Alignment;

/// <summary>Which offline pairs are kept: a name and a pure function.</summary>
/// <param name="Name">The value of selection.rule that chooses it.</param>
/// <param name="LeftOut">Why the others are left out (<see cref="BootstrapFilters"/>).</param>
/// <param name="Draws">Whether it reads the seed.</param>
/// <param name="ByThreshold">Whether the threshold decides, and not K.</param>
public sealed record SelectionRule(string Name, string LeftOut, KeepCandidates Keep, bool Draws = false, bool ByThreshold = false);

/// <summary>The candidates kept, in an order that does not depend on the one they are given in as long as their ids differ.</summary>
public delegate IEnumerable<SelectionCandidate> KeepCandidates(IEnumerable<SelectionCandidate> candidates, SelectionBounds bounds);

/// <summary>An item that may be kept.</summary>
/// <param name="Index">Place in the input; breaks ties last.</param>
/// <param name="Id">Breaks ties, by ordinal order.</param>
/// <param name="Margin">Ensemble margin, reward units; always finite.</param>
public readonly record struct SelectionCandidate(int Index, string Id, double Margin);

/// <param name="Count">K.</param>
/// <param name="Threshold">Least margin kept, reward units; NaN where the rule does not read it.</param>
/// <param name="Seed">Of this round's draw.</param>
public readonly record struct SelectionBounds(int Count, double Threshold, ulong Seed);
