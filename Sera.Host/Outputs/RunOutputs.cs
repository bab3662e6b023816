using System.Collections.Immutable;
using Sera.Actors.Runs;
using Sera.Actors.Training;
using Sera.Host.Reports;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Host.Outputs;

/// <summary>
/// What a run leaves in its folder. Everything is a function of the run's state and artifacts, so writing it again gives the same; each file
/// and folder is whole or not there, and the summary comes last.
/// </summary>
internal static class RunOutputs
{
    /// <summary>The aligned policy and the report of a completed run.</summary>
    public static RunSummary WriteAll(RunState state, RunRecord record, RunFolder run, PolicyCache policies)
    {
        var final = state.FinalPolicy ?? throw new ArgumentException("the run has not completed", nameof(state));
        RemoveRemains(run.Path);
        if (!state.IsSimulated)
        {
            PolicyExport.WriteMerged(policies, final, run.Policy);
            PolicyExport.WriteAdapter(policies, final, run.Adapter);
        }
        return WriteReport(state, record, run);
    }

    /// <summary>Whether nothing of a completed run's outputs is missing.</summary>
    public static bool Complete(RunFolder run) => File.Exists(run.Summary) && File.Exists(run.Report) && Directory.Exists(run.Policy);

    /// <summary>Summary, metrics and report of a run, also of one that still runs.</summary>
    public static RunSummary WriteReport(RunState state, RunRecord record, RunFolder run)
    {
        var summary = RunSummaries.Of(state, record, run);
        var data = Data(state, record, summary, new ArtifactStore(run.Work));
        DurableFile.Write(
            Path.Combine(run.Metrics, TensorBoardWriter.FileName(state.StartedAt)), stream => stream.Write(RunMetrics.Write(data, state.StartedAt)));
        DurableFile.Write(run.Report, stream => stream.Write(ReportHtml.Write(data)));
        DurableFile.Write(run.Summary, stream => stream.Write(SummaryJson.Write(summary)));
        return summary;
    }

    private static ReportData Data(RunState state, RunRecord record, RunSummary summary, ArtifactStore store)
    {
        ReportFact[] facts =
        [
            new("started", state.StartedAt.ToString("u")),
            new("starting policy", record.PolicyFolder),
            .. record.Inputs.Select(input => new ReportFact(input.Use, $"{input.Path} (sha256 {input.Sha256[..12]})")),
        ];
        return new ReportData(summary, state.Options, [.. facts], [.. state.Rounds.Where(round => round.Policy is not null).Select(round => Round(round, store))]);
    }

    private static ReportRound Round(RoundState round, ArtifactStore store) => new(
        round.Round,
        [.. round.Margins.SelectMany(margins => RowFile.Read(store.Read(margins), RowJson.Default.MarginRow))],
        [.. round.Metrics.SelectMany(metrics => StepMetricsFile.Read(store, metrics))],
        round.Evaluated?.Result.Answers is { } answers ? [.. RowFile.Read(store.Read(answers), RowJson.Default.AnswerRow)] : ImmutableArray<AnswerRow>.Empty);

    /// <summary>Temporary folders and files of a process that was killed while it wrote here.</summary>
    private static void RemoveRemains(string folder)
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries(folder, ".*"))
        {
            if (Directory.Exists(entry)) Directory.Delete(entry, recursive: true);
            else File.Delete(entry);
        }
    }
}
