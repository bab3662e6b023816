using Akka.Actor;
using Sera.Actors.Artifacts;
using Sera.Model.Checkpoints;

namespace Sera.Actors.Work;

/// <summary>What the workers of a node share.</summary>
internal sealed record WorkerSetup(
    IActorRef Dispatcher, ArtifactStore Store, ResultIndex Index, RowCache Rows, IArtifactSupply Supply, WorkSettings Settings)
{
    public static WorkerSetup Create(IActorRef dispatcher, string workFolder, IArtifactSupply supply, WorkSettings settings)
    {
        var store = new ArtifactStore(workFolder);
        return new WorkerSetup(dispatcher, store, new ResultIndex(workFolder, store), new RowCache(store), supply, settings);
    }
}
