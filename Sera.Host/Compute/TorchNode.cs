using Sera.Actors.Hosting;
using Sera.Host.Configuration;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Host.Compute;

/// <summary>The node of this process and the policies its engines share.</summary>
internal sealed class TorchNode : IAsyncDisposable
{
    private TorchNode(PolicyCache policies, SeraNode node) => (Policies, Node) = (policies, node);

    public PolicyCache Policies { get; }

    public SeraNode Node { get; }

    public static async Task<TorchNode> StartAsync(string work, HostOptions host, TorchSettings torch, CancellationToken stop)
    {
        var store = new ArtifactStore(work);
        var policies = new PolicyCache(new PolicyBases(work), store, torch);
        var options = new NodeOptions(
            work, host.GenerateWorkers, host.ScoreWorkers, host.TrainWorkers, () => host.Engine.Create(policies, store, torch), host.Engine.Kind(torch));
        return new TorchNode(policies, await SeraNode.StartAsync(options, stop));
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        Policies.Dispose();
    }
}
