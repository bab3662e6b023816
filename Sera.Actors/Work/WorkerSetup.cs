using Akka.Actor;
using Sera.Model.Checkpoints;

namespace Sera.Actors.Work;

/// <summary>What the workers of a node share.</summary>
internal sealed record WorkerSetup(IActorRef Dispatcher, ArtifactStore Store, ResultIndex Index, RowCache Rows, WorkSettings Settings)
{
    public static WorkerSetup Create(IActorRef dispatcher, string workFolder, WorkSettings settings)
    {
        var store = new ArtifactStore(workFolder);
        return new WorkerSetup(dispatcher, store, new ResultIndex(workFolder, store), new RowCache(store), settings);
    }
}
