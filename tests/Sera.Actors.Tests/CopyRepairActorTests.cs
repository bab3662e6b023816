using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Sera.Actors.Artifacts;
using Sera.Actors.Control;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>When copies are counted, by a clock that the tests move.</summary>
public sealed class CopyRepairActorTests : TestKit
{
    private static readonly TimeSpan After = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);
    private readonly BlockingCollection<TaskCompletionSource<RepairedCopies>> _passes = [];
    private readonly IActorRef _actor;
    private int _begun;

    public CopyRepairActorTests()
        : base(ConfigurationFactory.ParseString("akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"\nakka.loglevel = INFO\nakka.loggers = [\"Akka.TestKit.TestEventListener, Akka.TestKit\"]\n"))
    {
        // What the actor says of a report tells that it was heard.
        Sys.EventStream.Subscribe(TestActor, typeof(Info));
        Sys.EventStream.Subscribe(TestActor, typeof(Warning));
        IgnoreMessages<LogEvent>(said => said.LogSource?.Contains("/user/", StringComparison.Ordinal) != true);
        var settings = new ArtifactSettings(2, 4, 1024, After, After, After, "", After, Every);
        _actor = Sys.ActorOf(Props.Create(() => new CopyRepairActor(_ => Begin(), settings)));
    }

    [Fact]
    public void Copies_are_counted_a_while_after_the_start_and_then_now_and_then()
    {
        Advance(After);
        End(new RepairedCopies(3, 1, 0, []));
        Advance(Every - After);
        Assert.Equal(1, _begun);
        Advance(After);
        End(new RepairedCopies(3, 1, 0, []));
    }

    [Fact]
    public void What_failed_or_is_still_missing_is_tried_again_less_and_less_often()
    {
        Advance(After);
        Take().SetException(new InvalidOperationException("no database"));
        ExpectMsg<Warning>();
        Advance(After);
        Take().SetResult(new RepairedCopies(3, 1, 1, []));
        ExpectMsg<Warning>();
        Advance(After);
        Assert.Equal(2, _begun);
        Advance(After);
        End(new RepairedCopies(3, 1, 0, []));
        Advance(Every - After);
        Assert.Equal(3, _begun);
    }

    [Fact]
    public void A_member_that_goes_during_a_pass_brings_one_more_afterwards_and_never_two_at_once()
    {
        Advance(After);
        var pass = Take();
        Removed();
        Removed();
        Advance(After * 4);
        Assert.Equal(1, _begun);
        pass.SetResult(new RepairedCopies(3, 1, 0, []));
        ExpectMsg<Info>();
        Advance(After);
        End(new RepairedCopies(3, 1, 0, []));
        Removed();
        Advance(After);
        End(new RepairedCopies(3, 1, 0, []));
    }

    private Task<RepairedCopies> Begin()
    {
        var pass = new TaskCompletionSource<RepairedCopies>(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Increment(ref _begun);
        _passes.Add(pass);
        return pass.Task;
    }

    private void End(RepairedCopies report)
    {
        Take().SetResult(report);
        ExpectMsg<Info>();
    }

    private TaskCompletionSource<RepairedCopies> Take()
    {
        Assert.True(_passes.TryTake(out var pass, TimeSpan.FromMinutes(1)));
        return pass!;
    }

    private void Removed() => _actor.Tell(new Removal(), TestActor);

    private void Advance(TimeSpan time)
    {
        _actor.Tell(new Identify(null), TestActor);
        ExpectMsg<ActorIdentity>();
        ((TestScheduler)Sys.Scheduler).Advance(time);
        _actor.Tell(new Identify(null), TestActor);
        ExpectMsg<ActorIdentity>();
    }

    /// <summary>As the cluster tells it; members cannot be made outside of it.</summary>
    private sealed class Removal : ClusterEvent.IMemberEvent, INoSerializationVerificationNeeded
    {
        public Member Member => throw new NotSupportedException();
    }
}
