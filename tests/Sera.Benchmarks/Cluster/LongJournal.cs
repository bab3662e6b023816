using System.Data;
using System.Data.Common;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Actors.Serialization;
using Sera.Actors.Work;
using Sera.Model.Checkpoints;

namespace Sera.Benchmarks.Cluster;

/// <summary>Makes the journal of a run long, by rows that differ from those that its actor wrote in nothing but their number and their event.</summary>
internal static class LongJournal
{
    private const string Copy = """
        INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
        SELECT created, deleted, persistence_id, @number, @message, @manifest, identifier, writer_uuid FROM journal WHERE persistence_id = @id AND sequence_number = 1
        """;

    /// <param name="connection">Open.</param>
    /// <param name="start">What the run was started with.</param>
    /// <param name="events">As many as it has in the end.</param>
    public static async Task AppendAsync(DbConnection connection, StartRun start, int events, CancellationToken stop)
    {
        var id = "run-" + start.RunId;
        var last = await LastAsync(connection, id, stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var insert = JournalRows.Command(connection, Copy);
        insert.Transaction = transaction;
        foreach (var name in new[] { "@number", "@message", "@manifest", "@id" }) JournalRows.Add(insert, name, DBNull.Value);
        insert.Parameters["@id"].Value = id;
        insert.Parameters["@message"].DbType = DbType.Binary;
        for (var number = last + 1; number <= events; number++)
        {
            var recorded = Scores(start, (int)number);
            insert.Parameters["@number"].Value = number;
            insert.Parameters["@message"].Value = Manifests.Write(recorded);
            insert.Parameters["@manifest"].Value = Manifests.Of(recorded);
            await insert.ExecuteNonQueryAsync(stop);
        }
        await transaction.CommitAsync(stop);
    }

    /// <summary>The most common event of a long run: a shard of rows has its scores.</summary>
    private static ScoresRecorded Scores(StartRun start, int number)
    {
        var shard = start.Options.Shards.ScorePairs;
        var sha = Sha256.Of($"scores {number}");
        return new ScoresRecorded(
            1, start.Inputs.Policy, start.Inputs.Pairs.Artifact.Sha256, number * shard, (number + 1) * shard, Sha256.Of($"order {number}"),
            new ScoredRows(new ArtifactRef("scores", sha, 20_000), shard), new Effort(WorkKind.Score, 1.234, 12_345), DateTimeOffset.UtcNow);
    }

    private static async Task<long> LastAsync(DbConnection connection, string id, CancellationToken stop)
    {
        await using var command = JournalRows.Command(connection, "SELECT max(sequence_number) FROM journal WHERE persistence_id = @id");
        JournalRows.Add(command, "@id", id);
        return Convert.ToInt64(await command.ExecuteScalarAsync(stop));
    }
}
