using Sera.Actors.Work;
using Sera.Model.Engine;

namespace Sera.Host.Cluster;

/// <summary>Whether the workers of a cluster compute what a run wants computed. Orders are handed out by that in any case; this says so beforehand.</summary>
internal static class EngineMatch
{
    /// <param name="simulated">Whether the run computes nothing.</param>
    /// <returns>What does not fit, in one line; null where every kind of worker that is there has one that does.</returns>
    public static string? Fault(WorkOverview work, bool simulated)
    {
        var wrong = work.Workers.Where(worker => worker.Kind.NeedsEngine() && worker.Device is not null)
            .GroupBy(worker => worker.Kind).FirstOrDefault(kind => kind.All(worker => SimulatedPolicyEngine.Is(worker.Device!) != simulated));
        if (wrong is null) return null;
        var kind = wrong.Key.ToString().ToLowerInvariant();
        return simulated
            ? $"compute.engine of the run is simulated, and all {kind} workers of the cluster compute"
            : $"compute.engine of the run is torch, and all {kind} workers of the cluster simulate";
    }
}
