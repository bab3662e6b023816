using Akka.Configuration;

namespace Sera.Actors.Work;

/// <summary>The keys of sera.work in node.conf.</summary>
/// <param name="Lease">How long a lease lives without renewal.</param>
/// <param name="Beat">How often workers renew or ask, and the dispatcher looks for expired leases.</param>
/// <param name="Announce">How often a run repeats what it needs, and so how long an order that no run announced may yet become known.</param>
/// <param name="Attempts">Failures after which an order is given up.</param>
/// <param name="Progress">Least time between two reports of progress of one order.</param>
/// <param name="Losses">Workers lost at an order after which it is given up.</param>
/// <param name="Straggler">A lease older than this many medians of its kind may be doubled; 0 = never.</param>
/// <param name="StragglerFloor">No lease younger than this is doubled.</param>
/// <param name="DiskRest">How long a worker whose disk was full asks for nothing, and then looks whether it still is.</param>
public sealed record WorkSettings(
    TimeSpan Lease, TimeSpan Beat, TimeSpan Announce, int Attempts, TimeSpan Progress, int Losses, double Straggler, TimeSpan StragglerFloor,
    TimeSpan DiskRest = default)
{
    public static WorkSettings From(Config config)
    {
        var work = config.GetConfig("sera.work");
        return new WorkSettings(
            work.GetTimeSpan("lease"), work.GetTimeSpan("beat"), work.GetTimeSpan("announce"), work.GetInt("attempts"), work.GetTimeSpan("progress"),
            work.GetInt("losses"), work.GetDouble("straggler"), work.GetTimeSpan("straggler-floor"), work.GetTimeSpan("disk-rest"));
    }
}
