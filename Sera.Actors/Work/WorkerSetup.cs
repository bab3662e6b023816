using Akka.Actor;
using Sera.Actors.Artifacts;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>What the workers of a node share.</summary>
/// <param name="Device">What they compute on, as the node list shows it; null = not told.</param>
/// <param name="Engine">Of what kind their engines are.</param>
internal sealed record WorkerSetup(
    IActorRef Dispatcher, ArtifactStore Store, ResultIndex Index, RowCache Rows, WorkSettings Settings, IArtifactSupply Supply, string? Device,
    EngineKind Engine)
{
    /// <param name="supply">null = the node is alone.</param>
    public static WorkerSetup Create(
        IActorRef dispatcher, string workFolder, WorkSettings settings, IArtifactSupply? supply = null, string? device = null,
        EngineKind engine = EngineKind.F32)
    {
        var store = new ArtifactStore(workFolder);
        return new WorkerSetup(
            dispatcher, store, new ResultIndex(workFolder, store), new RowCache(store), settings, supply ?? new LocalArtifacts(store), device, engine);
    }
}
