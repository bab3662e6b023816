using Akka.Configuration;

namespace Sera.Actors.Artifacts;

/// <summary>The keys of sera.artifacts in node.conf.</summary>
/// <param name="Copies">Nodes that hold a result before it is reported; fewer where there are fewer.</param>
/// <param name="Transfers">Artifacts a node receives at the same time.</param>
/// <param name="ChunkBytes">Bytes of a message of a transfer.</param>
/// <param name="Patience">How long a node looks for an artifact that no node has.</param>
/// <param name="Grace">Age below which a collection leaves an artifact alone.</param>
/// <param name="Answer">How long a node may keep silent before another one is asked.</param>
/// <param name="Shared">A folder that all nodes share, where the artifacts of all lie; empty = each node has its own.</param>
/// <param name="RepairAfter">How long after a change of the members the coordinator counts the copies of what runs need; doubles while some are missing.</param>
/// <param name="RepairEvery">How often it counts them anyway.</param>
public sealed record ArtifactSettings(
    int Copies, int Transfers, int ChunkBytes, TimeSpan Patience, TimeSpan Grace, TimeSpan Answer, string Shared, TimeSpan RepairAfter, TimeSpan RepairEvery)
{
    /// <summary>With its envelope a chunk stays under the frame of Akka's remoting, 128,000 bytes, and out of the heap of large objects.</summary>
    private const int LargestChunk = 64 * 1024;

    /// <summary>Nothing is sent from node to node.</summary>
    public bool IsShared => Shared.Length > 0;

    /// <summary>The folder under which the store lies: <c>new ArtifactStore(settings.StoreFolder(workFolder))</c>.</summary>
    public string StoreFolder(string workFolder) => IsShared ? Shared : workFolder;

    /// <exception cref="ConfigurationException">A value is out of its range.</exception>
    public static ArtifactSettings From(Config config)
    {
        var artifacts = config.GetConfig("sera.artifacts");
        var settings = new ArtifactSettings(
            artifacts.GetInt("copies"),
            artifacts.GetInt("transfers"),
            (int)Math.Min(int.MaxValue, artifacts.GetByteSize("chunk") ?? 0),
            artifacts.GetTimeSpan("patience"),
            artifacts.GetTimeSpan("grace"),
            artifacts.GetTimeSpan("answer"),
            artifacts.GetString("shared"),
            artifacts.GetTimeSpan("repair-after"),
            artifacts.GetTimeSpan("repair-every"));
        if (settings is { Copies: >= 1, Transfers: >= 1, ChunkBytes: >= 1024 and <= LargestChunk }) return settings;
        throw new ConfigurationException(
            $"sera.artifacts: copies = {settings.Copies}, transfers = {settings.Transfers}, chunk = {settings.ChunkBytes} bytes; expected at least 1, at least 1 and 1024 .. {LargestChunk}");
    }
}
