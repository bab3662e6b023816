using System.CommandLine;
using Sera.Benchmarks.Results;

namespace Sera.Benchmarks;

/// <summary>Something that is measured: the name of a verb, its options, and how it is done.</summary>
internal abstract class Benchmark
{
    /// <summary>Of the verb and of the result.</summary>
    public abstract string Name { get; }

    /// <summary>One line.</summary>
    public abstract string Description { get; }

    /// <summary>What can be chosen; every one has a default, under which the numbers of docs/results.md were taken.</summary>
    public abstract IReadOnlyList<Option> Options { get; }

    /// <param name="tell">Told what is being done, a line at a time.</param>
    public abstract Task<IReadOnlyList<Measurement>> MeasureAsync(ParseResult parsed, Action<string> tell, CancellationToken stop);

    protected static Option<int> Number(string name, string description, int value) =>
        new(name) { Description = description, HelpName = "n", DefaultValueFactory = _ => value };

    protected static Option<int[]> Numbers(string name, string description, params int[] values) => new(name)
    {
        Description = description,
        HelpName = "n",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => values,
    };

    protected static Option<double> Real(string name, string description, double value) =>
        new(name) { Description = description, HelpName = "x", DefaultValueFactory = _ => value };
}
