using Npgsql;
using Sera.Actors.Journals;
using Sera.Testing.Postgres;
using Xunit;

namespace Sera.Cluster.Tests.Postgres;

/// <summary>Where runs stand, by their last event alone, on a real database.</summary>
[Collection(OneAtATime.Name)]
public sealed class JournalHeadsTests
{
    [Fact]
    public async Task The_head_of_a_run_is_its_last_event_whatever_else_the_journal_holds()
    {
        await using var server = await PostgresServer.NewAsync();
        using var journal = new JournalDatabase(await server.CreateDatabaseAsync("heads"));
        await journal.CreateSchemaAsync();
        Assert.Empty(journal.Heads());
        await using var connection = new NpgsqlConnection(journal.ConnectionString);
        await connection.OpenAsync();
        // In capitals and not, since the server's order of texts need not be ours; and what is no run.
        foreach (var (id, events) in new[] { ("run-b", 3), ("run-A", 1), ("run-a", 12), ("run-a-2", 2), ("other", 5), ("zother", 1) })
        {
            for (var number = 1; number <= events; number++)
            {
                await using var insert = new NpgsqlCommand(
                    "INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest) VALUES (0, false, @id, @number, ''::bytea, @manifest)", connection);
                insert.Parameters.AddWithValue("id", id);
                insert.Parameters.AddWithValue("number", (long)number);
                insert.Parameters.AddWithValue("manifest", number == 12 ? "run-completed:1" : "scores-recorded:1");
                await insert.ExecuteNonQueryAsync();
            }
        }
        Assert.Equal(
            [new("A", 1, "scores-recorded:1"), new("a", 12, "run-completed:1"), new("a-2", 2, "scores-recorded:1"), new RunHead("b", 3, "scores-recorded:1")],
            journal.Heads());
    }
}
