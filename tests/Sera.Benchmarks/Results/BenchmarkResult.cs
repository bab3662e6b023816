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
    /// <summary>The lines of its table, the heading first. A goal of all rows stands in the heading, one of a single row in its cell.</summary>
    public IEnumerable<string[]> Lines()
    {
        var columns = Results.GroupBy(result => (result.Figure, result.Unit))
            .Select(column => (column.Key.Figure, column.Key.Unit, Goal: column.Select(result => result.Goal).Distinct().ToList() is [{ } goal] ? goal : null)).ToList();
        yield return [Benchmark, .. columns.Select(column => $"{column.Figure}{(column.Unit.Length > 0 ? $", {column.Unit}" : "")}{Shown(column.Goal)}")];
        foreach (var row in Results.Select(result => result.Case).Distinct())
        {
            yield return [row, .. columns.Select(column => Find(row, column.Figure) is { } found ? $"{found}{Shown(column.Goal is null ? found.Goal : null)}" : "")];
        }
    }

    private Measurement? Find(string row, string figure) => Results.FirstOrDefault(result => result.Case == row && result.Figure == figure);

    private static string Shown(string? goal) => goal is null ? "" : $" (goal: {goal})";
}
