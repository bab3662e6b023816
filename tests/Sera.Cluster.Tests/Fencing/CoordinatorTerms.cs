using Npgsql;
using Sera.Actors.Journals;

namespace Sera.Cluster.Tests.Fencing;

/// <summary>The term's row, straight: what happens in seconds of silence, without waiting for them.</summary>
internal static class CoordinatorTerms
{
    /// <summary>As if the holder had not renewed for long.</summary>
    public static Task ExpireAsync(JournalDatabase journal) => ExecuteAsync(journal, "UPDATE sera_coordinator SET renewed = now() - interval '1 minute'");

    /// <summary>Whether somebody waits for a lock of the database.</summary>
    public static Func<Task<bool>> WaitsAsync(JournalDatabase journal) => async () =>
        await ExecuteAsync(journal, "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") is true;

    private static async Task<object?> ExecuteAsync(JournalDatabase journal, string sql)
    {
        await using var connection = new NpgsqlConnection(journal.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
