using Sera.Actors.Work;
using Sera.Model.Engine;

namespace Sera.Host.Cluster;

/// <summary>Whether the workers of a cluster compute what a run wants computed. Orders are handed out by that in any case; this says so beforehand.</summary>
internal static class EngineMatch
{
    /// <param name="engine">Of the run.</param>
    /// <returns>What does not fit, in one line; null where every kind of worker that is there has one that does.</returns>
    public static string? Fault(WorkOverview work, EngineKind engine)
    {
        var wrong = work.Workers.Where(worker => worker.Kind.NeedsEngine() && worker.Device is not null)
            .GroupBy(worker => worker.Kind).FirstOrDefault(kind => kind.All(worker => EngineKinds.Of(worker.Device!) != engine));
        if (wrong is null) return null;
        EngineKind[] theirs = [.. wrong.Select(worker => EngineKinds.Of(worker.Device!)).Distinct()];
        // Of a run that computes among workers that do not, its type is beside the point.
        var run = engine != EngineKind.Simulated && theirs is [EngineKind.Simulated] ? "compute.engine of the run is torch" : OfRun(engine);
        return $"{run}, and all {wrong.Key.ToString().ToLowerInvariant()} workers of the cluster {string.Join(" or ", theirs.Select(OfWorkers))}";
    }

    private static string OfRun(EngineKind engine) => engine switch
    {
        EngineKind.F32 => "compute.dtype of the run is f32",
        EngineKind.Bf16 => "compute.dtype of the run is bf16",
        _ => "compute.engine of the run is simulated",
    };

    private static string OfWorkers(EngineKind engine) => engine switch
    {
        EngineKind.F32 => "compute in f32",
        EngineKind.Bf16 => "compute in bf16",
        _ => "simulate",
    };
}
