using System.Collections.Immutable;
using CsCheck;
using Xunit;

namespace Sera.Cluster.Tests.Faults;

[Collection(OneAtATime.Name)]
public sealed class FaultScheduleTests
{
    private static readonly ImmutableArray<FaultTarget> Eight =
    [
        new("control-1", FaultTarget.Control), new("control-2", FaultTarget.Control), new("control-3", FaultTarget.Control),
        new("generate-1", "generate"), new("generate-2", "generate"), new("score-1", "score"), new("score-2", "score"), new("train-1", "train"),
        new("postgres", FaultTarget.Postgres),
    ];

    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(20);

    private static readonly Gen<(int Seed, int Count, TimeSpan Duration)> Some =
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 300], Gen.Double[1, 7200].Select(TimeSpan.FromSeconds));

    private static ImmutableArray<Fault> Make((int Seed, int Count, TimeSpan Duration) of) => FaultSchedule.Make(of.Seed, of.Count, of.Duration, Eight, Recovery);

    [Fact]
    public void The_same_seed_gives_the_same_faults_and_another_seed_others() => Some.Sample(of =>
    {
        Assert.Equal(Make(of).AsEnumerable(), Make(of));
        if (of.Count >= 5) Assert.NotEqual(Make(of).AsEnumerable(), Make(of with { Seed = of.Seed ^ 1 }));
    });

    [Fact]
    public void There_are_as_many_as_asked_for_in_order_and_within_the_time() => Some.Sample(of =>
    {
        var faults = Make(of);
        Assert.Equal(of.Count, faults.Length);
        Assert.Equal(faults.Select(fault => fault.At).Order(), faults.Select(fault => fault.At));
        Assert.All(faults, fault => Assert.InRange(fault.At, TimeSpan.Zero, of.Duration));
    });

    [Fact]
    public void A_stop_lasts_from_one_to_sixty_seconds_and_a_kill_no_time() => Some.Sample(of => Assert.All(Make(of), fault =>
    {
        if (fault.Kind is FaultKind.Kill or FaultKind.Terminate) Assert.Equal(TimeSpan.Zero, fault.Length);
        else Assert.InRange(fault.Length, FaultSchedule.ShortestStop, FaultSchedule.LongestStop);
    }));

    [Fact]
    public void Thirty_faults_hit_every_role_and_postgres() => Some.Where(of => of.Count >= 30).Sample(of =>
        Assert.Equal(Eight.Select(target => target.Role).Distinct().Order(), Make(of).Select(fault => fault.Target.Role).Distinct().Order()));

    [Fact]
    public void With_time_for_it_every_single_process_is_hit() => Some.Where(of => of.Count >= 60 && of.Duration > 8 * Recovery).Sample(of =>
        Assert.Equal(Eight.Select(target => target.Name).Order(), Make(of).Select(fault => fault.Target.Name).Distinct().Order()));

    [Fact]
    public void A_majority_of_the_control_nodes_is_unhurt_at_any_moment() => Some.Sample(of =>
    {
        var control = Make(of).Where(fault => fault.Target.Role == FaultTarget.Control).ToArray();
        foreach (var moment in control.Select(fault => fault.At))
        {
            var away = control.Where(fault => fault.At <= moment && moment < fault.At + fault.Length + Recovery).Select(fault => fault.Target).Distinct();
            Assert.True(away.Count() <= 1, $"{string.Join(", ", away)} at {moment}");
        }
    });
}
