using Sera.Host.Compute;
using Sera.Model.Engine;

namespace Sera.Host.Cluster;

/// <summary>Whether the device of a node computes. One probe at a time: a device that hangs holds one thread and no more. For many threads.</summary>
internal sealed class DeviceProbe(EngineChoice engine, TorchSettings torch)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly Lock _gate = new();
    private Task? _last;

    /// <returns>What is wrong, in one line; null when it computes.</returns>
    public async Task<string?> ProblemAsync()
    {
        if (engine.IsSimulated) return null;
        Task probe;
        lock (_gate) probe = _last is { IsCompleted: false } running ? running : _last = Task.Run(torch.Probe);
        try
        {
            await probe.WaitAsync(Patience);
            return null;
        }
        catch (TimeoutException)
        {
            return $"{torch.DeviceName} has not computed for {Patience.TotalSeconds:0} s";
        }
        catch (Exception e)
        {
            return $"{torch.DeviceName}: {e.Message.ReplaceLineEndings(" ")}";
        }
    }
}
