using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Actors.Work;

/// <summary>
/// Rows of artifacts, checked and parsed; the last few stay in memory, because many orders read shards of the same one. Safe for many threads.
/// </summary>
internal sealed class RowCache(ArtifactStore store)
{
    private const int Kept = 3;
    private readonly Lock _lock = new();
    private readonly LinkedList<(string Sha256, Type Row, object Rows)> _recent = [];

    /// <exception cref="DamagedArtifactException">The artifact is missing, is not what its name says, or does not hold such rows.</exception>
    public ImmutableArray<T> Read<T>(ArtifactRef artifact, JsonTypeInfo<T> type)
    {
        lock (_lock)
        {
            for (var node = _recent.First; node is not null; node = node.Next)
            {
                if (node.Value.Sha256 != artifact.Sha256 || node.Value.Row != typeof(T)) continue;
                _recent.Remove(node);
                _recent.AddFirst(node);
                return (ImmutableArray<T>)node.Value.Rows;
            }
            var rows = Parse(artifact, type);
            _recent.AddFirst((artifact.Sha256, typeof(T), rows));
            if (_recent.Count > Kept) _recent.RemoveLast();
            return rows;
        }
    }

    /// <summary>The rows of several artifacts as one list, without keeping them.</summary>
    /// <inheritdoc cref="Read"/>
    public ImmutableArray<T> ReadAll<T>(ImmutableArray<ArtifactRef> artifacts, JsonTypeInfo<T> type) => [.. artifacts.SelectMany(a => Parse(a, type))];

    private ImmutableArray<T> Parse<T>(ArtifactRef artifact, JsonTypeInfo<T> type)
    {
        try
        {
            return [.. RowFile.Read(store.Read(artifact), type)];
        }
        catch (JsonException e)
        {
            throw new DamagedArtifactException(artifact, store.PathOf(artifact.Sha256), $"it does not hold {typeof(T).Name} lines: {e.Message}");
        }
    }
}
