using System.Collections.Immutable;

namespace Sera.Benchmarks.Results;

/// <summary>What one benchmark measured, with everything that is needed to measure it again.</summary>
/// <param name="Benchmark">Its name, which is also the verb.</param>
/// <param name="At">When it began.</param>
/// <param name="Load">Of the machine before it began: other work on it makes numbers worse.</param>
/// <param name="Parameters">Options of the verb, defaults included.</param>
internal sealed record BenchmarkResult(
    string Benchmark, DateTimeOffset At, Machine Machine, double? Load, ImmutableSortedDictionary<string, string> Parameters,
    ImmutableArray<Measurement> Results)
{
    public Measurement? Find(string row, string figure) => Results.FirstOrDefault(result => result.Case == row && result.Figure == figure);

    /// <summary>The lines of its table, the heading first.</summary>
    public IEnumerable<string[]> Lines()
    {
        var columns = Results.Select(result => (result.Figure, result.Unit)).Distinct().ToList();
        yield return [Benchmark, .. columns.Select(column => Heading(column.Figure, column.Unit))];
        foreach (var row in Results.Select(result => result.Case).Distinct()) yield return [row, .. columns.Select(column => Find(row, column.Figure)?.ToString() ?? "")];
    }

    private string Heading(string figure, string unit)
    {
        var goals = Results.Where(result => result.Figure == figure && result.Goal is not null).Select(result => result.Goal).Distinct().ToList();
        return $"{figure}{(unit.Length > 0 ? $", {unit}" : "")}{(goals is [{ } goal] ? $" (goal: {goal})" : "")}";
    }
}
