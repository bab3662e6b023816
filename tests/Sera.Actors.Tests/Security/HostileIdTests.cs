using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using Sera.Actors.Artifacts;
using Sera.Actors.Control;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Checkpoints;
using Xunit;

namespace Sera.Actors.Tests.Security;

/// <summary>Ids of runs that come from other nodes, straight to the coordinator.</summary>
public sealed class HostileIdTests : TestKit
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sera-ids-").FullName;
    private readonly IActorRef _coordinator;

    public HostileIdTests()
        : base(ConfigurationFactory.ParseString("akka.persistence.journal.plugin = akka.persistence.journal.inmem\n"
            + new StreamReader(typeof(WorkOrder).Assembly.GetManifestResourceStream("node.conf")!).ReadToEnd()))
    {
        var parts = new CoordinatorParts(
            WorkSettings.From(Sys.Settings.Config), ControlSettings.From(Sys.Settings.Config), new LocalArtifacts(new ArtifactStore(_folder)), TimeProvider.System);
        _coordinator = Sys.ActorOf(Props.Create(() => new CoordinatorActor(parts)));
    }

    [Theory]
    [InlineData("../../outside")]
    [InlineData("/etc/passwd")]
    [InlineData("run/train-1")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("$a")]
    [InlineData("run one")]
    public void An_id_that_no_run_may_have_is_refused_and_the_runs_go_on(string id)
    {
        using var small = new SmallRun();
        _coordinator.Tell(small.Start(id: "other"));
        Assert.Equal(new RunReply("other", RunReplyKind.Accepted), ExpectMsg<RunReply>());
        foreach (IRunCommand command in new IRunCommand[] { small.Start(id: id), new ResumeRun(id), new PauseRun(id), new CancelRun(id) })
        {
            _coordinator.Tell(command);
            Assert.Equal(new RunReply(id, RunReplyKind.Rejected, RunIds.Fault(id)), ExpectMsg<RunReply>());
        }
        // Still the same actor: made anew it would know the run too, but under a higher epoch and only when it is asked to go on.
        _coordinator.Tell(new WatchRun("other"));
        Assert.IsType<RunStarted>(ExpectMsg<RunRecorded>().Event);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Directory.Delete(_folder, recursive: true);
    }
}
