using System.Collections.Immutable;
using Sera.Host.Compute;
using Sera.Host.Configuration;
using Sera.Host.Experiments;
using Sera.Host.Preparation;
using Sera.Host.Runs;

namespace Sera.Host.Commands;

/// <summary>
/// This process at work on the runs of an experiment, one after another. Each is an ordinary run with a node of its own, since arms may differ in
/// what a node is made of; what they share, they find in the work folder.
/// </summary>
/// <param name="Verbose">Whether the whole exception of a run that broke is told.</param>
internal sealed record ExperimentSession(CommandContext Context, Experiment Experiment, ExperimentFolder Folder, string Work, bool Json, bool Verbose)
{
    // The same for all arms, as the reader of the file saw to.
    private readonly int _threads = ThreadCount.Resolve(Experiment.Arms[0].Settings.Whole(RunKeys.Threads), Environment.ProcessorCount);

    /// <summary>Does what is not done yet, and writes the experiment's files.</summary>
    /// <exception cref="Model.Data.InputException">An arm cannot start as it is; nothing was run.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public async Task<ExperimentResults> WorkAsync()
    {
        ImmutableArray<Cell> cells = [.. Experiment.Cells];
        var runs = new CellRuns(Work, _threads);
        WorkFolder.CheckWritable(Work);
        // An arm that cannot run is told before hours are spent on the others. What there is to warn of is told by its runs.
        foreach (var arm in cells.Where(cell => runs.Find(cell) is null).DistinctBy(cell => cell.Arm.Name))
        {
            Context.Stop.ThrowIfCancellationRequested();
            RunPreparation.Check(arm.Settings, Work, _threads, null, _ => { });
        }
        Directory.CreateDirectory(Folder.Path);
        using var held = RunLock.Take(Folder.Lock, "experiment");
        var done = ImmutableArray.CreateBuilder<CellResult>(cells.Length);
        foreach (var cell in cells) done.Add(await WorkAsync(cell, $"{done.Count + 1}/{cells.Length} {cell.Shown}: ", runs));
        var results = new ExperimentResults(Experiment, done.MoveToImmutable());
        ExperimentOutputs.Write(results, Folder);
        return results;
    }

    private async Task<CellResult> WorkAsync(Cell cell, string prefix, CellRuns runs)
    {
        Context.Stop.ThrowIfCancellationRequested();
        await using var output = new PrefixedWriter(Json ? TextWriter.Null : Context.Out, prefix);
        await using var error = new PrefixedWriter(Context.Error, prefix);
        try
        {
            var code = await WorkAsync(cell, runs.Find(cell), Context with { Out = output, Error = error, Live = null });
            if (code == ExitCode.Interrupted) throw new OperationCanceledException(Context.Stop);
            var run = runs.Find(cell);
            var summary = code == ExitCode.Done && run is not null ? CellRuns.Summary(run) : null;
            return new CellResult(cell, run?.Id, summary, summary is null ? new CellFailure(code, Reason(code, run, error)) : null);
        }
        catch (Exception e) when (!(e is OperationCanceledException && Context.Stop.IsCancellationRequested))
        {
            // The others lose nothing by it.
            var code = Failures.Report(e, error, verbose: false);
            var reason = error.Last;
            if (Verbose) await error.WriteLineAsync(e.ToString());
            return new CellResult(cell, runs.Find(cell)?.Id, null, new CellFailure(code, reason));
        }
    }

    private static string Reason(int code, RunFolder? run, PrefixedWriter error) => (code, run) switch
    {
        (not ExitCode.Done, _) => error.Last,
        (_, null) => "its data or its policy changed while the experiment ran; the same command begins it anew",
        (_, { } found) => $"{RunConclusion.Shown(found.Summary)} cannot be read; delete it, and the same command writes it again",
    };

    /// <returns>The exit code.</returns>
    private async Task<int> WorkAsync(Cell cell, RunFolder? run, CommandContext context)
    {
        if (run is null) return await RunCommand.RunAsync(context, cell.Settings, Work, null, Telling.Notes);
        if (CellRuns.Summary(run) is null) return await ResumeCommand.ResumeAsync(context, run, Telling.Notes);
        context.Out.WriteLine($"run {run.Id} has completed");
        return ExitCode.Done;
    }
}
