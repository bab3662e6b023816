using Microsoft.Data.Sqlite;
using Sera.Actors.Runs;
using Sera.Model.Data;

namespace Sera.Actors.Journals;

/// <summary>
/// The SQLite journal of a work folder, read without becoming its writer. Reading checks everything: pages, sequence, manifests, fields, and that
/// the events make a run.
/// </summary>
internal sealed class JournalFile
{
    private const string Remedy = "restore the folder's journal from a copy, or start a new run";

    public JournalFile(string workFolder)
    {
        Folder = System.IO.Path.Combine(System.IO.Path.GetFullPath(workFolder), "journal");
        Path = System.IO.Path.Combine(Folder, "events.db");
        Snapshots = System.IO.Path.Combine(Folder, "snapshots.db");
    }

    public string Folder { get; }

    public string Path { get; }

    public string Snapshots { get; }

    public static string ConnectionString(string path) => new SqliteConnectionStringBuilder { DataSource = path, Pooling = true }.ToString();

    /// <summary>Makes both files ready for writing; write-ahead logging is a property of the file.</summary>
    /// <exception cref="InputException">The folder cannot be written, or a file is damaged.</exception>
    public void Prepare()
    {
        try
        {
            Directory.CreateDirectory(Folder);
            foreach (var path in new[] { Path, Snapshots })
            {
                Guarded(path, () =>
                {
                    using var connection = new SqliteConnection(ConnectionString(path));
                    connection.Open();
                    Check(connection, path);
                    Run(connection, "PRAGMA journal_mode = WAL");
                    return 0;
                });
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new InputException(Folder, e.Message, "a folder that can be written", "choose another work folder");
        }
    }

    /// <summary>Ids of the runs with at least one event, ordinal order.</summary>
    public IReadOnlyList<string> RunIds() => Read<IReadOnlyList<string>>([], JournalRows.RunIds);

    /// <summary>null when no run has that id.</summary>
    public RunState? ReadRun(string runId) => Read(null, connection => JournalRows.ReadRun(connection, runId));

    private T Read<T>(T absent, Func<SqliteConnection, T> read)
    {
        if (!File.Exists(Path)) return absent;
        return Guarded(Path, () =>
        {
            using var connection = new SqliteConnection(
                new SqliteConnectionStringBuilder { DataSource = Path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            Check(connection, Path);
            return Scalar(connection, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'journal'") is 0L ? absent : read(connection);
        });
    }

    private static void Check(SqliteConnection connection, string path)
    {
        if (Scalar(connection, "PRAGMA quick_check(1)") is not "ok" and var fault) throw Damaged(path, $"{fault}");
    }

    private static T Guarded<T>(string path, Func<T> use)
    {
        try
        {
            return use();
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SqliteCorrupt or SqliteNotADatabase)
        {
            throw Damaged(path, e.Message);
        }
        catch (JournalDamagedException e)
        {
            throw Damaged(path, e.Message);
        }
        catch (SqliteException e)
        {
            throw new InputException(path, e.Message, "a journal that can be opened", "check the folder's permissions and space");
        }
    }

    private const int SqliteCorrupt = 11;
    private const int SqliteNotADatabase = 26;

    private static InputException Damaged(string path, string what) =>
        new(path, $"the journal is damaged: {what.ReplaceLineEndings(" ")}", "an intact journal", Remedy);

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
