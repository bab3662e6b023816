using System.Globalization;
using Akka.Persistence;
using Npgsql;
using Sera.Actors.Control;
using Sera.Actors.Hosting;
using Sera.Actors.Runs;
using Sera.Model.Data;

namespace Sera.Actors.Journals;

/// <summary>
/// The PostgreSQL journal of a cluster: its schema, what it says of runs, and who may write it. Every call opens a pooled connection, so nothing is
/// lost with one. Calls throw <see cref="NpgsqlException"/> while the database is away.
/// </summary>
public sealed class JournalDatabase : ICoordinatorTerm, IDisposable
{
    /// <summary>Of the schema this program reads and writes.</summary>
    public const int SchemaVersion = 1;

    /// <summary>A coordinator that has not renewed for so long may be replaced; by the database's own clock.</summary>
    private const int TermSeconds = 8;

    private readonly NpgsqlDataSource _source;
    private long _term;

    /// <exception cref="InputException">Not a connection string of PostgreSQL.</exception>
    public JournalDatabase(string connectionString)
    {
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (ArgumentException e)
        {
            throw Unusable($"not a connection string: {e.Message}");
        }
        if (string.IsNullOrEmpty(builder.Host)) throw Unusable("a connection string without a host; SQLite serves one process only and cannot hold the journal of a cluster");
        // A dead server must be noticed in seconds, not when the kernel gives up.
        if (!connectionString.Contains("Timeout", StringComparison.OrdinalIgnoreCase)) (builder.Timeout, builder.CommandTimeout) = (5, 10);
        builder.ApplicationName ??= "sera";
        Address = $"{builder.Host}:{builder.Port}/{builder.Database}";
        ConnectionString = builder.ToString();
        _source = NpgsqlDataSource.Create(ConnectionString);
    }

    /// <summary>With secrets; for the journal plugin only.</summary>
    public string ConnectionString { get; }

    /// <summary>Host, port and database, for messages.</summary>
    public string Address { get; }

    /// <summary>The last term that was taken here, and under which events are written from here, also when it is over; 0 before the first.</summary>
    public long Term => Interlocked.Read(ref _term);

    /// <summary>Makes the tables; what is there stays.</summary>
    public async Task CreateSchemaAsync(CancellationToken cancellation = default)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        // Two at once would race for the same names.
        await using var turn = new NpgsqlCommand("SELECT pg_advisory_xact_lock(7301)", connection, transaction);
        await turn.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        await using var create = new NpgsqlCommand(Resource.Text("postgresql.sql"), connection, transaction);
        await create.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
    }

    /// <returns>The version of the schema that is there; null for none.</returns>
    public async Task<int?> ReadSchemaVersionAsync(CancellationToken cancellation = default)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        await using var there = new NpgsqlCommand("SELECT to_regclass('sera_schema') IS NOT NULL", connection);
        if (await there.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is not true) return null;
        await using var version = new NpgsqlCommand("SELECT max(version) FROM sera_schema", connection);
        return await version.ExecuteScalarAsync(cancellation).ConfigureAwait(false) as int?;
    }

    /// <summary>Waits while the database is away; a newer schema serves older programs too, so that nodes can be replaced one by one.</summary>
    /// <param name="warn">Told once that it is waited for.</param>
    /// <exception cref="InputException">The schema is missing or older, or the database refuses us.</exception>
    public async Task RequireSchemaAsync(Action<string> warn, CancellationToken cancellation = default)
    {
        int? found;
        try
        {
            found = await PatientAsync(ReadSchemaVersionAsync, warn, cancellation).ConfigureAwait(false);
        }
        catch (NpgsqlException e)
        {
            throw new InputException(Address, e.Message, "a PostgreSQL database that can be read and written", "check address, name and password of --journal");
        }
        if (found is null or < SchemaVersion)
        {
            throw new InputException(
                Address, found is null ? "a database without Sera's tables" : $"tables of version {found}", $"tables of version {SchemaVersion}",
                "run: sera journal init --journal <connection>");
        }
    }

    /// <summary>
    /// The last event of every run, by run id in ordinal order. Goes from one id to the one before by the unique index of both columns, so that it takes
    /// as long as there are runs, however many events they have and whatever the server believes of them.
    /// </summary>
    public IReadOnlyList<RunHead> Heads() => With<IReadOnlyList<RunHead>>(connection =>
    {
        using var command = new NpgsqlCommand(
            """
            WITH RECURSIVE heads AS (
              (SELECT persistence_id, sequence_number, manifest FROM journal ORDER BY persistence_id DESC, sequence_number DESC LIMIT 1)
              UNION ALL
              SELECT head.* FROM heads, LATERAL (
                SELECT persistence_id, sequence_number, manifest FROM journal WHERE persistence_id < heads.persistence_id
                ORDER BY persistence_id DESC, sequence_number DESC LIMIT 1) head)
            SELECT persistence_id, sequence_number, manifest FROM heads WHERE persistence_id LIKE 'run-%'
            """,
            connection);
        using var reader = command.ExecuteReader();
        var heads = new List<RunHead>();
        while (reader.Read()) heads.Add(new RunHead(reader.GetString(0)[JournalRows.RunPrefix.Length..], reader.GetInt64(1), reader.GetString(2)));
        heads.Sort((a, b) => string.CompareOrdinal(a.RunId, b.RunId));
        return heads;
    });

    /// <summary>null when no run has that id.</summary>
    /// <exception cref="InputException">The journal is damaged.</exception>
    public RunState? ReadRun(string runId) => With(connection =>
    {
        try
        {
            return JournalRows.ReadRun(connection, runId);
        }
        catch (JournalDamagedException e)
        {
            throw new InputException(Address, $"the journal is damaged: {e.Message}", "an intact journal", "restore the database from a backup, or start a new run");
        }
    });

    /// <inheritdoc cref="ReadRun"/>
    public IReadOnlyList<RunState> ReadRuns() => [.. Heads().Select(head => ReadRun(head.RunId)).OfType<RunState>()];

    public IReadOnlyList<StoredEvent> ReadEvents(string runId, long from, int limit) => With(connection => JournalRows.Events(connection, runId, from, limit));

    /// <summary>Keeps what was decided about a run before its first event; the first record of an id stays.</summary>
    /// <param name="record">JSON.</param>
    public void WriteRecord(string runId, string record, string runFile) => With(connection =>
    {
        using var command = new NpgsqlCommand(
            "INSERT INTO sera_run (run_id, record, run_file) VALUES (@id, @record::jsonb, @file) ON CONFLICT (run_id) DO NOTHING", connection);
        command.Parameters.AddWithValue("id", runId);
        command.Parameters.AddWithValue("record", record);
        command.Parameters.AddWithValue("file", runFile);
        return command.ExecuteNonQuery();
    });

    /// <summary>Record and run file by run id; null when there are none.</summary>
    public (string Record, string RunFile)? ReadRecord(string runId) => With<(string, string)?>(connection =>
    {
        using var command = new NpgsqlCommand("SELECT record::text, run_file FROM sera_run WHERE run_id = @id", connection);
        command.Parameters.AddWithValue("id", runId);
        using var reader = command.ExecuteReader();
        return reader.Read() ? (reader.GetString(0), reader.GetString(1)) : null;
    });

    public async Task<long?> TryTakeAsync(string holder)
    {
        await using var command = _source.CreateCommand(string.Create(CultureInfo.InvariantCulture, $"""
            UPDATE sera_coordinator SET term = term + 1, holder = @holder, renewed = now()
            WHERE id = 1 AND renewed < now() - interval '{TermSeconds} seconds' RETURNING term
            """));
        command.Parameters.AddWithValue("holder", holder);
        var taken = await command.ExecuteScalarAsync().ConfigureAwait(false) as long?;
        if (taken is { } term) Interlocked.Exchange(ref _term, term);
        return taken;
    }

    public async Task<bool> RenewAsync(long term)
    {
        await using var command = _source.CreateCommand("UPDATE sera_coordinator SET renewed = now() WHERE id = 1 AND term = @term");
        command.Parameters.AddWithValue("term", term);
        return await command.ExecuteNonQueryAsync().ConfigureAwait(false) == 1;
    }

    public async Task ReleaseAsync(long term)
    {
        await using var command = _source.CreateCommand("UPDATE sera_coordinator SET renewed = 'epoch' WHERE id = 1 AND term = @term");
        command.Parameters.AddWithValue("term", term);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    public void Dispose() => _source.Dispose();

    /// <summary>Whether it is the database that does not answer, or is about to start or to stop, and not what it holds.</summary>
    public static bool IsAway(Exception exception) => exception switch
    {
        AggregateException all when all.InnerExceptions.Any(IsAway) => true,
        PostgresException e => e.SqlState.StartsWith("57P", StringComparison.Ordinal),
        NpgsqlException or RecoveryTimedOutException => true,
        { InnerException: { } inner } => IsAway(inner),
        _ => false,
    };

    /// <summary>Tries again while it is the connection that fails, or the server that is about to start or to stop.</summary>
    private async Task<T> PatientAsync<T>(Func<CancellationToken, Task<T>> call, Action<string> warn, CancellationToken cancellation)
    {
        for (var told = false; ; told = true)
        {
            try
            {
                return await call(cancellation).ConfigureAwait(false);
            }
            catch (NpgsqlException e) when (IsAway(e))
            {
                if (!told) warn($"{Address}: the journal does not answer and is waited for: {e.Message.ReplaceLineEndings(" ")}");
                await Task.Delay(TimeSpan.FromSeconds(2), cancellation).ConfigureAwait(false);
            }
        }
    }

    private T With<T>(Func<NpgsqlConnection, T> use)
    {
        using var connection = _source.OpenConnection();
        return use(connection);
    }

    private static InputException Unusable(string found) =>
        new("--journal", found, "a PostgreSQL connection string, such as Host=db;Username=sera;Password=...;Database=sera", "correct it");
}
