using System.Data.Common;
using System.Text.Json;
using Sera.Actors.Runs;
using Sera.Actors.Serialization;

namespace Sera.Actors.Journals;

/// <summary>The rows of a journal by plain SQL, the same for every database Sera keeps one in. Blocking; borrows the connection.</summary>
internal static class JournalRows
{
    /// <summary>What a persistence id of a run begins with.</summary>
    public const string RunPrefix = "run-";

    /// <summary>Ids of the runs with at least one event, ordinal order.</summary>
    public static IReadOnlyList<string> RunIds(DbConnection connection)
    {
        using var command = Command(connection, "SELECT DISTINCT persistence_id FROM journal WHERE persistence_id LIKE 'run-%'");
        using var reader = command.ExecuteReader();
        var ids = new List<string>();
        while (reader.Read()) ids.Add(reader.GetString(0)[RunPrefix.Length..]);
        ids.Sort(StringComparer.Ordinal);
        return ids;
    }

    /// <summary>Events of a run from a sequence number on, at most so many, as they are stored.</summary>
    public static IReadOnlyList<StoredEvent> Events(DbConnection connection, string runId, long from, int limit)
    {
        using var command = Command(
            connection,
            "SELECT sequence_number, manifest, message FROM journal WHERE persistence_id = @id AND sequence_number >= @from ORDER BY sequence_number LIMIT @limit");
        Add(command, "@id", RunPrefix + runId);
        Add(command, "@from", from);
        Add(command, "@limit", limit);
        using var reader = command.ExecuteReader();
        var events = new List<StoredEvent>();
        while (reader.Read()) events.Add(new StoredEvent(reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2)));
        return events;
    }

    /// <summary>The state of a run; null when it has no event.</summary>
    /// <exception cref="JournalDamagedException">The events are not one run's whole history.</exception>
    public static RunState? ReadRun(DbConnection connection, string runId)
    {
        RunState? state = null;
        var expected = 1L;
        foreach (var stored in Events(connection, runId, 1, int.MaxValue))
        {
            if (stored.Sequence != expected) throw new JournalDamagedException($"event {expected} of run {runId} is missing");
            try
            {
                state = RunEvolution.Evolve(state, stored.Read());
            }
            catch (Exception e) when (e is JsonException or NotSupportedException or InvalidCastException)
            {
                throw new JournalDamagedException($"event {expected} of run {runId} cannot be read: {e.Message}");
            }
            catch (Exception e) when (e is InvalidOperationException or ArgumentException)
            {
                throw new JournalDamagedException($"the events of run {runId} do not follow each other: {e.Message}");
            }
            expected++;
        }
        return state;
    }

    public static DbCommand Command(DbConnection connection, string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }

    public static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        command.Parameters.Add(parameter);
    }
}

/// <summary>Where a run stands by its last event alone.</summary>
/// <param name="Manifest">Of that event.</param>
public sealed record RunHead(string RunId, long Events, string Manifest)
{
    /// <summary>Whether the run was at work when its last event was written, so that a new coordinator goes on with it.</summary>
    public bool Works => !Manifests.Resting.Contains(Manifest);
}

/// <summary>An event as the journal has it.</summary>
/// <param name="Sequence">From 1.</param>
/// <param name="Message">JSON under the manifest (docs/wire.md).</param>
public sealed record StoredEvent(long Sequence, string Manifest, byte[] Message)
{
    /// <exception cref="NotSupportedException">No such manifest.</exception>
    /// <exception cref="JsonException">The bytes are not what the manifest says.</exception>
    public IRunEvent Read() => (IRunEvent)Manifests.Read(Manifest, Message);
}

/// <summary>What a journal holds cannot be the history of a run.</summary>
internal sealed class JournalDamagedException(string what) : Exception(what);
