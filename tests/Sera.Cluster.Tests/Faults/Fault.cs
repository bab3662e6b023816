namespace Sera.Cluster.Tests.Faults;

/// <param name="At">Since the beginning of the schedule.</param>
/// <param name="Length">How long a stopped process stands still and a restarted one is away; zero for the others.</param>
internal sealed record Fault(TimeSpan At, FaultTarget Target, FaultKind Kind, TimeSpan Length)
{
    public override string ToString() =>
        $"{At.TotalSeconds,7:0.0} s  {Kind.ToString().ToLowerInvariant(),-9}  {Target.Name}{(Length > TimeSpan.Zero ? $" for {Length.TotalSeconds:0.0} s" : "")}";
}
