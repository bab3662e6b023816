using Sera.Actors.Work;
using Sera.Host.Cluster;
using Xunit;

namespace Sera.Host.Tests.Cluster;

public sealed class EngineMatchTests
{
    private const string Real = "cpu avx2 f32 threads=1 libtorch=2.10.0";
    private const string Simulated = "simulated 2000 tokens/s";

    [Fact]
    public void A_run_needs_of_every_kind_that_is_there_one_worker_that_computes_as_it_does()
    {
        Assert.Equal(
            "compute.engine of the run is simulated, and all score workers of the cluster compute", EngineMatch.Fault(Workers(("score", Real), ("train", Simulated)), simulated: true));
        Assert.Equal(
            "compute.engine of the run is torch, and all train workers of the cluster simulate", EngineMatch.Fault(Workers(("score", Real), ("train", Simulated)), simulated: false));
        Assert.Null(EngineMatch.Fault(Workers(("score", Real), ("score", Simulated)), simulated: true));
        Assert.Null(EngineMatch.Fault(Workers(("score", Real), ("score", Simulated)), simulated: false));
    }

    [Fact]
    public void Workers_that_may_yet_come_and_those_that_need_no_engine_do_not_matter()
    {
        Assert.Null(EngineMatch.Fault(Workers(), simulated: true));
        Assert.Null(EngineMatch.Fault(Workers(("select", Real), ("evaluate", Real)), simulated: true));
    }

    private static WorkOverview Workers(params (string Kind, string Device)[] workers) => new(
        [.. workers.Select((w, i) => new WorkerOverview($"w{i}", Enum.Parse<WorkKind>(w.Kind, ignoreCase: true), w.Device, null, null, null, null, null, 0))], [], []);
}
