using Sera.Actors.Work;
using Sera.Host.Cluster;
using Sera.Model.Engine;
using Xunit;

namespace Sera.Host.Tests.Cluster;

public sealed class EngineMatchTests
{
    private const string Real = "cpu avx2 f32 threads=1 libtorch=2.10.0";
    private const string Rounding = "cpu avx512 mkl=avx512 bf16 threads=1 libtorch=2.10.0";
    private const string Simulated = "simulated 2000 tokens/s";

    [Fact]
    public void A_run_needs_of_every_kind_that_is_there_one_worker_that_computes_as_it_does()
    {
        var workers = Workers(("score", Real), ("score", Rounding), ("train", Simulated));
        Assert.Equal("compute.engine of the run is simulated, and all score workers of the cluster compute in f32 or compute in bf16", EngineMatch.Fault(workers, EngineKind.Simulated));
        Assert.Equal("compute.engine of the run is torch, and all train workers of the cluster simulate", EngineMatch.Fault(workers, EngineKind.F32));
        Assert.Equal("compute.dtype of the run is bf16, and all score workers of the cluster compute in f32", EngineMatch.Fault(Workers(("score", Real)), EngineKind.Bf16));
        foreach (var engine in Enum.GetValues<EngineKind>()) Assert.Null(EngineMatch.Fault(Workers(("score", Real), ("score", Rounding), ("score", Simulated)), engine));
    }

    [Fact]
    public void Workers_that_may_yet_come_and_those_that_need_no_engine_do_not_matter()
    {
        Assert.Null(EngineMatch.Fault(Workers(), EngineKind.Simulated));
        Assert.Null(EngineMatch.Fault(Workers(("select", Real), ("evaluate", Real)), EngineKind.Simulated));
    }

    private static WorkOverview Workers(params (string Kind, string Device)[] workers) => new(
        [.. workers.Select((w, i) => new WorkerOverview($"w{i}", Enum.Parse<WorkKind>(w.Kind, ignoreCase: true), w.Device, null, null, null, null, null, 0))], [], []);
}
