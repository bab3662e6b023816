namespace Sera.Model.Data;

/// <summary>
/// Hashes of 128 bits, each with a number if wanted, in 20 to 30 bytes each (with a number 25 to 38): a general dictionary takes up to five times that.
/// </summary>
/// <param name="numbered">Whether numbers are kept.</param>
internal sealed class HashTable(bool numbered)
{
    // So many small tables grow by themselves that no step of growth holds old and new of all at once.
    private const int Parts = 1 << 12;

    private const int FirstSlots = 8;

    private readonly Part[] _parts = new Part[Parts];

    public int Count { get; private set; }

    /// <summary>Puts a hash in that is not there.</summary>
    /// <param name="hash">Evenly distributed, as of <see cref="TextHash"/>.</param>
    /// <param name="number">Kept with it, and given back by <see cref="Find"/>.</param>
    /// <returns>false where it is there already; its number stays.</returns>
    public bool Add(UInt128 hash, int number = 0)
    {
        hash = Filled(hash);
        ref var part = ref _parts[(int)(hash >> 116)];
        // Of different lengths, so that parts that fill alike do not grow all at a time.
        part.Hashes ??= new UInt128[FirstSlots + ((int)(hash >> 116) & 3)];
        if (numbered) part.Numbers ??= new int[part.Hashes.Length];
        if (part.Hashes[Slot(part.Hashes, hash)] != 0) return false;
        // More than four fifths full, and looks into a table become long.
        if ((part.Count + 1) * 5 > part.Hashes.Length * 4) (part.Hashes, part.Numbers) = Grown(part.Hashes, part.Numbers);
        var slot = Slot(part.Hashes, hash);
        part.Hashes[slot] = hash;
        if (part.Numbers is not null) part.Numbers[slot] = number;
        part.Count++;
        Count++;
        return true;
    }

    /// <returns>The number of a hash, 0 where numbers are not kept; null where it is not there.</returns>
    public int? Find(UInt128 hash)
    {
        hash = Filled(hash);
        var part = _parts[(int)(hash >> 116)];
        if (part.Hashes is null || Slot(part.Hashes, hash) is var slot && part.Hashes[slot] == 0) return null;
        return part.Numbers?[slot] ?? 0;
    }

    private static (UInt128[], int[]?) Grown(UInt128[] hashes, int[]? numbers)
    {
        var (grown, moved) = (new UInt128[hashes.Length * 3 / 2], numbers is null ? null : new int[hashes.Length * 3 / 2]);
        for (var i = 0; i < hashes.Length; i++)
        {
            if (hashes[i] == 0) continue;
            var slot = Slot(grown, hashes[i]);
            grown[slot] = hashes[i];
            if (moved is not null) moved[slot] = numbers![i];
        }
        return (grown, moved);
    }

    // Where the hash stands, or the free slot where it would. Its low bits tell the slot, since the high ones told the part.
    private static int Slot(UInt128[] hashes, UInt128 hash)
    {
        var slot = (int)((uint)hash * (ulong)hashes.Length >> 32);
        while (hashes[slot] != 0 && hashes[slot] != hash) slot = slot + 1 == hashes.Length ? 0 : slot + 1;
        return slot;
    }

    // 0 stands for a free slot.
    private static UInt128 Filled(UInt128 hash) => hash == 0 ? 1 : hash;

    private struct Part
    {
        public UInt128[]? Hashes;
        public int[]? Numbers;
        public int Count;
    }
}
