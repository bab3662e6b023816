using Akka.Actor;
using Microsoft.Data.Sqlite;
using Sera.Actors.Artifacts;
using Sera.Actors.Control;
using Sera.Actors.Hosting;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>A coordinator replays journals that nobody looked through before.</summary>
public sealed class JournalGapTests
{
    [Fact]
    public async Task A_run_without_one_of_its_events_is_not_gone_on_with()
    {
        using var small = new SmallRun();
        await small.RunAsync(options: SmallRun.Options with { Rounds = 1 });
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(small.Folder, "journal", "events.db")}"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            // A score, without which all the others still follow each other.
            command.CommandText = "DELETE FROM journal WHERE sequence_number = (SELECT max(sequence_number) FROM journal WHERE manifest = 'scores-recorded:1')";
            Assert.Equal(1, command.ExecuteNonQuery());
        }
        using var system = ActorSystem.Create("sera", NodeConfiguration.Of(new JournalFile(small.Folder)));
        var parts = new CoordinatorParts(
            WorkSettings.From(system.Settings.Config), ControlSettings.From(system.Settings.Config), new LocalArtifacts(small.Store), TimeProvider.System);
        var runs = system.ActorOf(Props.Create(() => new RunsActor(ActorRefs.Nobody, parts)));
        var reply = await runs.Ask<RunReply>(new ResumeRun(SmallRun.Id), TimeSpan.FromMinutes(1));
        Assert.Equal(RunReplyKind.Rejected, reply.Kind);
        Assert.Matches("^the journal cannot be read: .*event [0-9]+ of run small is missing", reply.Reason);
        await system.Terminate();
    }
}
