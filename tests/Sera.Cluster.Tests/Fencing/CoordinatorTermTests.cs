using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Sera.Actors.Artifacts;
using Sera.Actors.Control;
using Sera.Actors.Hosting;
using Sera.Actors.Journals;
using Sera.Actors.Work;
using Sera.Model.Checkpoints;
using Sera.Testing;
using Sera.Testing.Postgres;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests.Fencing;

/// <summary>Who coordinates is kept in the journal's own database, and a coordinator that lost it ends its node.</summary>
[Collection(OneAtATime.Name)]
public sealed class CoordinatorTermTests(SharedServer server) : IClassFixture<SharedServer>, IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(2);
    private readonly TemporaryFolder _work = new();
    private readonly ConcurrentQueue<object> _heard = [];
    private JournalDatabase _one = null!;
    private JournalDatabase _two = null!;
    private ActorSystem _system = null!;

    public async Task InitializeAsync()
    {
        var connection = await server.Postgres.CreateDatabaseAsync(Guid.NewGuid().ToString("N"));
        (_one, _two) = (new JournalDatabase(connection), new JournalDatabase(connection));
        await _one.CreateSchemaAsync();
        var options = new ClusterNodeOptions([NodeRoles.Control], "127.0.0.1", "127.0.0.1", 0, [], _work.Path, connection, "cpu", 1, () => throw new NotSupportedException());
        _system = ActorSystem.Create(
            "sera",
            ConfigurationFactory.ParseString("""
                akka.actor.provider = local
                sera.control { renew = 100ms, term-patience = 1s }
                """).WithFallback(NodeConfiguration.Of(options, _one)));
        _system.EventStream.Subscribe(_system.ActorOf(Props.Create(() => new Ear(_heard.Enqueue))), typeof(CoordinatorFenced));
    }

    public async Task DisposeAsync() => await _system.Terminate();

    public void Dispose()
    {
        _one.Dispose();
        _two.Dispose();
        _work.Dispose();
    }

    [Fact]
    public async Task A_term_passes_on_when_it_is_not_renewed_or_given_back_and_never_otherwise()
    {
        Assert.Equal(1, await _one.TryTakeAsync("one"));
        Assert.Null(await _two.TryTakeAsync("two"));
        await CoordinatorTerms.ExpireAsync(_two);
        Assert.True(await _one.RenewAsync(1));
        Assert.Null(await _two.TryTakeAsync("two"));

        await CoordinatorTerms.ExpireAsync(_two);
        Assert.Equal(2, await _two.TryTakeAsync("two"));
        Assert.False(await _one.RenewAsync(1));
        // What the old holder gives back is not its own any more.
        await _one.ReleaseAsync(1);
        Assert.Null(await _one.TryTakeAsync("one"));
        Assert.True(await _two.RenewAsync(2));

        await _two.ReleaseAsync(2);
        Assert.Equal(3, await _one.TryTakeAsync("one"));
        Assert.Equal((3, 2), (_one.Term, _two.Term));
    }

    [Fact]
    public async Task Of_many_that_take_a_free_term_at_once_one_gets_it()
    {
        var taken = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => (i % 2 == 0 ? _one : _two).TryTakeAsync($"{i}")));
        Assert.Equal(1, Assert.Single(taken.OfType<long>()));
    }

    [Fact]
    public async Task A_coordinator_that_lost_its_term_answers_nobody_any_more_and_ends_its_node()
    {
        var ended = new TaskCompletionSource();
        _system.ActorOf(Props.Create(() => new NodeWatchActor(() => true, Ceiling, () => ended.TrySetResult())));
        var coordinator = await CoordinatingAsync();
        await CoordinatorTerms.ExpireAsync(_two);
        // Its next renewal may come first, and then it has lost nothing yet.
        await Patience.UntilAsync(async () => await TakenAsync(), Ceiling, () => "the term was never free");
        await ended.Task.WaitAsync(Ceiling);
        await HeardAsync("another coordinator has taken the journal over");
        await GoneAsync(coordinator);
        Assert.True(await _two.RenewAsync(_two.Term));

        async Task<bool> TakenAsync()
        {
            await CoordinatorTerms.ExpireAsync(_two);
            return await _two.TryTakeAsync("two") is not null;
        }
    }

    [Fact]
    public async Task A_coordinator_of_another_cluster_that_keeps_the_journal_is_waited_for_and_then_left_to_it()
    {
        Assert.Equal(1, await _two.TryTakeAsync("two"));
        var coordinator = Coordinator();
        await GoneAsync(coordinator);
        await HeardAsync("another coordinator, which is not of this cluster, keeps the journal");
        Assert.Equal(0, _one.Term);
        Assert.True(await _two.RenewAsync(1));
    }

    [Fact]
    public async Task A_coordinator_that_goes_in_order_lets_the_next_begin_at_once()
    {
        var coordinator = await CoordinatingAsync();
        _system.Stop(coordinator);
        await Patience.UntilAsync(async () => await _two.TryTakeAsync("two") == 2, Ceiling, () => "the term was not given back");
        Assert.Empty(_heard);
    }

    private IActorRef Coordinator()
    {
        var parts = new CoordinatorParts(
            WorkSettings.From(_system.Settings.Config), ControlSettings.From(_system.Settings.Config), new LocalArtifacts(new ArtifactStore(_work.Path)),
            TimeProvider.System, _one, _one.Heads);
        return _system.ActorOf(Props.Create(() => new CoordinatorActor(parts)));
    }

    /// <returns>One that holds the first term, and answers.</returns>
    private async Task<IActorRef> CoordinatingAsync()
    {
        var coordinator = Coordinator();
        await Patience.UntilAsync(() => Task.FromResult(_one.Term == 1), Ceiling, () => "it took no term");
        await Patience.UntilAsync(AnswersAsync, Ceiling, () => "it does not answer");
        return coordinator;

        async Task<bool> AnswersAsync()
        {
            try
            {
                return await coordinator.Ask<WorkOverview>(new GetWorkOverview(), TimeSpan.FromSeconds(1)) is not null;
            }
            catch (AskTimeoutException)
            {
                return false;
            }
        }
    }

    private async Task HeardAsync(string reason)
    {
        await Patience.UntilAsync(() => Task.FromResult(!_heard.IsEmpty), Ceiling, () => "nobody was told");
        Assert.Equal(new CoordinatorFenced(reason), Assert.Single(_heard));
    }

    private static async Task GoneAsync(IActorRef actor)
    {
        // An actor that is gone refuses to be identified, at once.
        await Patience.UntilAsync(async () => (await actor.Ask<ActorIdentity>(new Identify(0), Ceiling)).Subject is null, Ceiling, () => $"{actor} lives");
    }

    private sealed class Ear : ReceiveActor
    {
        public Ear(Action<object> hear) => ReceiveAny(hear);
    }
}
