using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Testing;
using Sera.Testing.Processes;

namespace Sera.Benchmarks.Rounds;

/// <summary>A run in a process of its own, watched from outside, and what its journal says.</summary>
/// <param name="Seconds">From the start of the process to its end.</param>
/// <param name="ToFirstWork">Seconds from the start of the process until a worker began its first order.</param>
/// <param name="RoundMiB">Resident at the end of each round.</param>
internal sealed record WatchedRun(double Seconds, double ToFirstWork, double PeakMiB, ImmutableArray<double> RoundMiB, ImmutableArray<Phase> Phases)
{
    /// <param name="settings">Of the run file, as --set takes them, without the leading "sera.".</param>
    public static async Task<WatchedRun> OfAsync(string work, IEnumerable<string> settings, CancellationToken stop)
    {
        var begin = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        using var process = SeraProcess.Start(
            ["run", SampleRuns.Quickstart, "--work", work, .. settings.SelectMany(pair => new[] { "--set", "sera." + pair })]);
        var error = process.StandardError.ReadToEndAsync(stop);
        var (peak, rounds, last) = (double.NaN, ImmutableArray.CreateBuilder<double>(), new List<string>());
        while (await process.StandardOutput.ReadLineAsync(stop) is { } line)
        {
            last.Add(line);
            // Said once a round, when it has been trained and measured.
            if (line.StartsWith("round ", StringComparison.Ordinal) && line.Contains(": answers right", StringComparison.Ordinal))
                rounds.Add(ProcessMemory.NowMiB(process.Id));
            if (ProcessMemory.PeakMiB(process.Id) is var now && !double.IsNaN(now)) peak = now;
        }
        await process.WaitForExitAsync(stop);
        if (process.ExitCode != 0) throw new InvalidOperationException($"the run ended with {process.ExitCode}: {await error}");
        var seconds = clock.Elapsed.TotalSeconds;
        var events = Events(work);
        var orders = Phase.Orders(events).ToList();
        return new WatchedRun(seconds, (orders.Min(o => o.Begin) - begin).TotalSeconds, peak, rounds.ToImmutable(), Phase.Of(orders));
    }

    private static List<IRunEvent> Events(string work)
    {
        using var connection = new SqliteConnection(JournalFile.ConnectionString(new JournalFile(work).Path));
        connection.Open();
        var run = Path.GetFileName(Directory.GetDirectories(work).Single(folder => File.Exists(Path.Combine(folder, "run.json"))));
        return [.. JournalRows.Events(connection, run, 1, int.MaxValue).Select(stored => stored.Read())];
    }
}

/// <summary>What the workers of one kind did in a run.</summary>
/// <param name="Seconds">Time in which there was work for them: from the begin of each stretch of orders, one after the other, to its end.</param>
/// <param name="Computed">Seconds of those in which the device computed.</param>
internal sealed record Phase(string Kind, double Seconds, double Computed, long Tokens)
{
    /// <summary>A pause longer than this is not the worker's: nothing was there to do.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);

    internal sealed record Order(string Kind, DateTimeOffset Begin, DateTimeOffset End, double Computed, long Tokens);

    public static ImmutableArray<Phase> Of(IEnumerable<Order> orders) => [.. orders.GroupBy(o => o.Kind).Select(kind =>
    {
        var (seconds, end) = (0.0, DateTimeOffset.MinValue);
        foreach (var order in kind.OrderBy(o => o.End))
        {
            seconds += (order.End - (order.Begin - end > Pause ? order.Begin : end)).TotalSeconds;
            end = order.End;
        }
        return new Phase(kind.Key, seconds, kind.Sum(o => o.Computed), kind.Sum(o => o.Tokens));
    })];

    public static IEnumerable<Order> Orders(IEnumerable<IRunEvent> events)
    {
        foreach (var recorded in events)
        {
            var (kind, effort) = recorded switch
            {
                ScoresRecorded e => ("scoring", e.Effort),
                RolloutsRecorded e => (e.Purpose == RolloutPurpose.Bootstrap ? "generation" : "answers", e.Effort),
                TrainingCheckpointed e => ("training", e.Effort),
                RoundTrained e => ("training", e.Effort),
                _ => ("", null),
            };
            if (effort is not null) yield return new Order(kind, recorded.At - TimeSpan.FromSeconds(effort.Seconds), recorded.At, effort.Computed, effort.Tokens);
        }
    }
}
