using System.Runtime.InteropServices;

namespace Sera.Model.Data;

/// <summary>Which ids were there already, kept as 128 bits each, so that a file may have more of them than fit into memory as texts.</summary>
internal sealed class SeenIds
{
    private readonly Dictionary<UInt128, int> _lines = [];

    /// <returns>The line that has the id already; null where none has.</returns>
    public int? Add(string id, int line)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_lines, TextHash.Of(id), out var exists);
        if (exists) return known;
        known = line;
        return null;
    }
}
