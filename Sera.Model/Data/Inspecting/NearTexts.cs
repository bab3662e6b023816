namespace Sera.Model.Data.Inspecting;

/// <summary>
/// Texts of which similar ones can be found: signatures in bands of four places, sixteen of them, so that a similarity of 0.8 is missed once in 4,000 times.
/// A text takes about 400 bytes.
/// </summary>
internal sealed class NearTexts
{
    /// <summary>Similarity from which on two texts are near duplicates.</summary>
    public const double Near = 0.8;

    private const int Band = 4;

    private const int Bands = MinHash.Places / Band;

    private readonly List<uint[]> _signatures = [];

    // Open addressing over the bands of all signatures, told by 1 + number * bands + band; 0 is free. Keys are looked up in the signatures.
    private int[] _slots = new int[1 << 8];
    private int _used;

    public int Count => _signatures.Count;

    /// <summary>Whether a text like it is there.</summary>
    public bool Has(uint[] signature)
    {
        for (var band = 0; band < Bands; band++)
        {
            if (_slots[Slot(signature, band)] is > 0 and var known && MinHash.Similarity(signature, _signatures[(known - 1) / Bands]) >= Near) return true;
        }
        return false;
    }

    /// <summary>Of texts that share a band the first stands for all.</summary>
    public void Add(uint[] signature)
    {
        if (_used + Bands > _slots.Length / 4 * 3) Grow();
        for (var band = 0; band < Bands; band++) Put(signature, band, 1 + (_signatures.Count * Bands) + band);
        _signatures.Add(signature);
    }

    private void Put(uint[] signature, int band, int known)
    {
        var slot = Slot(signature, band);
        if (_slots[slot] > 0) return;
        _slots[slot] = known;
        _used++;
    }

    private void Grow()
    {
        var slots = _slots;
        _slots = new int[slots.Length * 2];
        _used = 0;
        foreach (var known in slots)
        {
            if (known > 0) Put(_signatures[(known - 1) / Bands], (known - 1) % Bands, known);
        }
    }

    private int Slot(uint[] signature, int band)
    {
        var places = Places(signature, band);
        var hash = (ulong)band;
        foreach (var place in places) hash = MinHash.Mix(hash + place);
        var slot = (int)(hash & (ulong)(_slots.Length - 1));
        while (_slots[slot] is > 0 and var known && ((known - 1) % Bands != band || !Places(_signatures[(known - 1) / Bands], band).SequenceEqual(places)))
            slot = (slot + 1) & (_slots.Length - 1);
        return slot;
    }

    private static ReadOnlySpan<uint> Places(uint[] signature, int band) => signature.AsSpan(band * Band, Band);
}
