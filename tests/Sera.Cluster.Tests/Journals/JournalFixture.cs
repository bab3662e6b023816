using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Data.Sqlite;
using Npgsql;
using Sera.Actors.Journals;
using Sera.Testing.Processes;

namespace Sera.Cluster.Tests.Journals;

/// <summary>
/// The journal of a real run as a release wrote it, kept for good (Fixtures/README.md): a SQLite file, or the rows of PostgreSQL as JSON lines.
/// </summary>
/// <param name="Version">Of the release.</param>
/// <param name="Name">Database, then what became of the run: sqlite-completed.</param>
internal sealed record JournalFixture(string Version, string Name)
{
    public const string Sqlite = "sqlite";
    public const string Postgres = "postgresql";
    private const string SqliteEnding = ".db.gz";
    private const string PostgresEnding = ".jsonl.gz";

    public static string Folder { get; } = Path.Combine(SeraProcess.Repository, "tests", "Sera.Cluster.Tests", "Journals", "Fixtures");

    public static ImmutableArray<JournalFixture> All { get; } =
    [
        .. Directory.EnumerateFiles(Folder, "*.gz", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => new JournalFixture(Path.GetFileName(Path.GetDirectoryName(path)!), Path.GetFileName(path).Split('.')[0])),
    ];

    public string Database => Name.Split('-')[0];

    /// <summary>What a replay has to come to; where that is missing and SERA_APPROVE=1, what it came to now, from now on.</summary>
    public string Approve(string text)
    {
        var path = PathOf(".approved.txt");
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("SERA_APPROVE") == "1") File.WriteAllText(path, text);
        return File.ReadAllText(path);
    }

    /// <summary>Puts the journal into a work folder.</summary>
    /// <returns>The id of its run.</returns>
    public string Unpack(string work)
    {
        var folder = Directory.CreateDirectory(Path.Combine(work, "journal")).FullName;
        using (var packed = new GZipStream(File.OpenRead(PathOf(SqliteEnding)), CompressionMode.Decompress))
        using (var file = File.Create(Path.Combine(folder, "events.db")))
        {
            packed.CopyTo(file);
        }
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "events.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        return JournalRows.RunIds(connection).Single();
    }

    /// <summary>Puts the rows into a database that has the tables.</summary>
    /// <inheritdoc cref="Unpack"/>
    public async Task<string> UnpackAsync(string journal)
    {
        await using var connection = new NpgsqlConnection(journal + ";Pooling=false");
        await connection.OpenAsync();
        using var packed = new StreamReader(new GZipStream(File.OpenRead(PathOf(PostgresEnding)), CompressionMode.Decompress));
        var id = "";
        while (await packed.ReadLineAsync() is { } line)
        {
            var row = JsonDocument.Parse(line).RootElement;
            id = row.GetProperty("persistenceId").GetString()!;
            await using var insert = new NpgsqlCommand(
                """
                INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
                VALUES (@created, false, @id, @sequence, @message, @manifest, @identifier, @writer)
                """,
                connection);
            insert.Parameters.AddWithValue("created", row.GetProperty("created").GetInt64());
            insert.Parameters.AddWithValue("id", id);
            insert.Parameters.AddWithValue("sequence", row.GetProperty("sequence").GetInt64());
            insert.Parameters.AddWithValue("message", Encoding.UTF8.GetBytes(row.GetProperty("message").GetRawText()));
            insert.Parameters.AddWithValue("manifest", row.GetProperty("manifest").GetString()!);
            insert.Parameters.AddWithValue("identifier", row.GetProperty("identifier").GetInt32());
            insert.Parameters.AddWithValue("writer", row.GetProperty("writer").GetString()!);
            await insert.ExecuteNonQueryAsync();
        }
        return id["run-".Length..];
    }

    /// <summary>Keeps the journal of a work folder, whole, whoever wrote it last and however that ended.</summary>
    public void Pack(string work)
    {
        var whole = Path.Combine(work, "whole.db");
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(work, "journal", "events.db")};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"VACUUM INTO '{whole}'";
            command.ExecuteNonQuery();
        }
        using var packed = Create(SqliteEnding);
        packed.Write(File.ReadAllBytes(whole));
    }

    /// <summary>Keeps the rows of one run.</summary>
    public async Task PackAsync(string journal, string runId)
    {
        await using var connection = new NpgsqlConnection(journal + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT persistence_id, sequence_number, created, manifest, identifier, writer_uuid, message FROM journal WHERE persistence_id = @id ORDER BY sequence_number",
            connection);
        command.Parameters.AddWithValue("id", "run-" + runId);
        await using var reader = await command.ExecuteReaderAsync();
        await using var packed = Create(PostgresEnding);
        while (await reader.ReadAsync())
        {
            var message = reader.GetFieldValue<byte[]>(6);
            if (!Utf8.IsValid(message)) throw new InvalidDataException($"event {reader.GetInt64(1)} of {runId} is no text");
            packed.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""
                {"persistenceId":{{Text(0)}},"sequence":{{reader.GetInt64(1)}},"created":{{reader.GetInt64(2)}},"manifest":{{Text(3)}},"identifier":{{reader.GetInt32(4)}},"writer":{{Text(5)}},"message":{{Encoding.UTF8.GetString(message)}}}

                """)));
        }

        string Text(int column) => JsonSerializer.Serialize(reader.GetString(column));
    }

    private string PathOf(string ending) => Path.Combine(Folder, Version, Name + ending);

    private GZipStream Create(string ending)
    {
        Directory.CreateDirectory(Path.Combine(Folder, Version));
        return new GZipStream(new FileStream(PathOf(ending), FileMode.CreateNew), CompressionLevel.SmallestSize);
    }
}
