using Akka.Configuration;

namespace Sera.Actors.Work;

/// <summary>The keys of sera.work in node.conf.</summary>
/// <param name="Lease">How long a lease lives without renewal.</param>
/// <param name="Beat">How often workers renew or ask, and the dispatcher looks for expired leases.</param>
/// <param name="Announce">How often a run repeats what it needs.</param>
/// <param name="Attempts">Failures after which an order is given up.</param>
/// <param name="Progress">Least time between two reports of progress of one order.</param>
public sealed record WorkSettings(TimeSpan Lease, TimeSpan Beat, TimeSpan Announce, int Attempts, TimeSpan Progress)
{
    public static WorkSettings From(Config config)
    {
        var work = config.GetConfig("sera.work");
        return new WorkSettings(
            work.GetTimeSpan("lease"), work.GetTimeSpan("beat"), work.GetTimeSpan("announce"), work.GetInt("attempts"), work.GetTimeSpan("progress"));
    }
}
