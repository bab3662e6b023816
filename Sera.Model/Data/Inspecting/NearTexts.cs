namespace Sera.Model.Data.Inspecting;

/// <summary>Texts of which similar ones can be found: signatures in bands of four places, sixteen of them, so that a similarity of 0.8 is missed once in 4,000 times.</summary>
internal sealed class NearTexts
{
    /// <summary>Similarity from which on two texts are near duplicates.</summary>
    public const double Near = 0.8;

    private const int Band = 4;

    private readonly List<uint[]> _signatures = [];
    private readonly Dictionary<UInt128, int>[] _bands = [.. Enumerable.Range(0, MinHash.Places / Band).Select(_ => new Dictionary<UInt128, int>())];

    public int Count => _signatures.Count;

    /// <summary>Whether a text like it is there.</summary>
    public bool Has(uint[] signature)
    {
        for (var band = 0; band < _bands.Length; band++)
        {
            if (_bands[band].TryGetValue(Key(signature, band), out var at) && MinHash.Similarity(signature, _signatures[at]) >= Near) return true;
        }
        return false;
    }

    /// <summary>Of texts that share a band the first stands for all.</summary>
    public void Add(uint[] signature)
    {
        for (var band = 0; band < _bands.Length; band++) _bands[band].TryAdd(Key(signature, band), _signatures.Count);
        _signatures.Add(signature);
    }

    private static UInt128 Key(uint[] signature, int band)
    {
        var places = signature.AsSpan(band * Band, Band);
        return new UInt128((ulong)places[0] << 32 | places[1], (ulong)places[2] << 32 | places[3]);
    }
}
