using System.Collections.Immutable;
using System.CommandLine;
using Sera.Benchmarks.Cluster;
using Sera.Benchmarks.Cluster.Recovery;
using Sera.Benchmarks.Policies;
using Sera.Benchmarks.Results;
using Sera.Benchmarks.Rounds;
using Sera.Host.Commands;
using Sera.Host.Reports;

namespace Sera.Benchmarks;

/// <summary>A verb for each benchmark, one for all, and two that read what they wrote.</summary>
internal static class BenchmarkCommandLine
{
    private static ImmutableArray<Benchmark> All { get; } =
    [
        new ScalingBenchmark(), new ResponsivenessBenchmark(), new RecoveryBenchmark(), new ReplayBenchmark(),
        new TrainingStepBenchmark(), new ScoringBenchmark(), new GenerationBenchmark(), new TokenizingBenchmark(), new GrowthBenchmark(), new RoundsBenchmark(),
    ];

    public static async Task<int> RunAsync(string[] args, CommandContext context)
    {
        var parsed = Create(context).Parse(args.Length == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0)
        {
            context.Error.WriteLine(UsageErrors.Describe(parsed));
            return ExitCode.BadInput;
        }
        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = context.Out, Error = context.Error },
                CancellationToken.None);
        }
        catch (Exception e)
        {
            return Failures.Report(e, context.Error, verbose: e is not (OperationCanceledException or Model.Data.InputException));
        }
    }

    private static RootCommand Create(CommandContext context)
    {
        var root = new RootCommand("Measures Sera. The result is JSON on standard output, and a table on standard error.");
        foreach (var benchmark in All) root.Subcommands.Add(Verb(context, benchmark.Name, benchmark.Description, [benchmark]));
        root.Subcommands.Add(Verb(context, "all", "Every benchmark, each as it is without options.", All));
        root.Subcommands.Add(Compare(context));
        root.Subcommands.Add(Table(context));
        return root;
    }

    private static Command Verb(CommandContext context, string name, string description, ImmutableArray<Benchmark> benchmarks)
    {
        var output = new Option<string?>("--out") { Description = "Write the JSON to a file too.", HelpName = "file" };
        var command = new Command(name, description) { output };
        foreach (var option in benchmarks is [var single] ? single.Options : []) command.Options.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            var results = new List<BenchmarkResult>();
            foreach (var benchmark in benchmarks) results.Add(await MeasureAsync(context, benchmark, parsed));
            var json = ResultFile.Write(results);
            if (parsed.GetValue(output) is { } file) await File.WriteAllTextAsync(file, json + "\n", context.Stop);
            context.Out.WriteLine(json);
            foreach (var result in results) context.Error.WriteLine($"{result.Machine}, load {result.Load} before\n{TextTable.Plain(result.Lines())}");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Options that the verb does not have are as they are without it.</summary>
    private static async Task<BenchmarkResult> MeasureAsync(CommandContext context, Benchmark benchmark, ParseResult parsed)
    {
        var own = parsed.CommandResult.Command.Name == benchmark.Name ? parsed : Alone(benchmark).Parse([]);
        var parameters = benchmark.Options.ToImmutableSortedDictionary(
            option => option.Name.TrimStart('-'), option => Shown(own.GetResult(option)?.GetValueOrDefault<object>()), StringComparer.Ordinal);
        var (at, load) = (DateTimeOffset.UtcNow, Machine.Load());
        var measured = await benchmark.MeasureAsync(own, line => context.Error.WriteLine($"{benchmark.Name}: {line}"), context.Stop);
        return new BenchmarkResult(benchmark.Name, at, Machine.This(), load, parameters, [.. measured]);
    }

    private static Command Alone(Benchmark benchmark)
    {
        var command = new Command(benchmark.Name);
        foreach (var option in benchmark.Options) command.Options.Add(option);
        return command;
    }

    private static string Shown(object? value) => value switch
    {
        System.Collections.IEnumerable many and not string => string.Join(' ', many.Cast<object>()),
        _ => FormattableString.Invariant($"{value}"),
    };

    private static Command Compare(CommandContext context)
    {
        var before = new Argument<string>("before") { Description = "A result file." };
        var after = new Argument<string>("after") { Description = "Another one." };
        var command = new Command("compare", "Show two result files side by side.") { before, after };
        command.SetAction(parsed => context.Out.WriteLine(Comparison.Of(ResultFile.Read(parsed.GetValue(before)!), ResultFile.Read(parsed.GetValue(after)!))));
        return command;
    }

    private static Command Table(CommandContext context)
    {
        var files = new Argument<string[]>("files") { Description = "Result files.", Arity = ArgumentArity.OneOrMore };
        var into = new Option<string?>("--into") { Description = "Put each table into this page, between the two comments that name its benchmark.", HelpName = "page" };
        var command = new Command("table", "Render results as Markdown, for docs/results.md.") { files, into };
        command.SetAction(parsed =>
        {
            var results = parsed.GetValue(files)!.SelectMany(ResultFile.Read).ToList();
            if (parsed.GetValue(into) is { } page) MarkedPage.Write(page, Texts(results));
            else context.Out.WriteLine(string.Join('\n', results.Select(MarkdownTable.Of)));
        });
        return command;
    }

    private static IEnumerable<(string Name, string Text)> Texts(IEnumerable<BenchmarkResult> results) =>
        results.GroupBy(result => result.Benchmark).Select(group => (group.Key, string.Join('\n', group.Select(MarkdownTable.Of))));
}
