using System.Buffers.Binary;
using System.Text;

namespace Sera.Model.Tests.Tokenization;

/// <summary>Builds precompiled charsmaps: for each node of the trie the first place where its children find free units.</summary>
internal sealed class DoubleArray
{
    private const uint Free = 0x8000_0000;

    private readonly List<uint> _units = [];
    private readonly HashSet<int> _taken = [0];
    private readonly MemoryStream _texts = new();

    private DoubleArray()
    {
    }

    /// <returns>Base64 as tokenizer.json has it.</returns>
    public static string Of(params (string Key, string Text)[] map) => Convert.ToBase64String(Bytes(map));

    public static byte[] Bytes(params (string Key, string Text)[] map)
    {
        var array = new DoubleArray();
        var entries = map.Select(each => (Encoding.UTF8.GetBytes(each.Key), array.Append(each.Text))).ToArray();
        array.Grow(0);
        array.Place(0, entries, 0);
        return Join([.. array._units], array._texts.ToArray());
    }

    /// <summary>Length of the trie in bytes, its units, the texts.</summary>
    public static byte[] Join(uint[] units, byte[] texts)
    {
        var bytes = new byte[4 + (4 * units.Length) + texts.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, 4 * units.Length);
        for (var i = 0; i < units.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 + (4 * i)), units[i]);
        }

        texts.CopyTo(bytes, 4 + (4 * units.Length));
        return bytes;
    }

    private int Append(string text)
    {
        var at = (int)_texts.Length;
        _texts.Write(Encoding.UTF8.GetBytes(text + "\0"));
        return at;
    }

    private void Grow(int unit)
    {
        while (_units.Count <= (unit | 255))
        {
            _units.Add(Free);
        }
    }

    private void Place(int unit, (byte[] Key, int Value)[] entries, int depth)
    {
        var leaf = entries.Where(entry => entry.Key.Length == depth).ToArray();
        var children = entries.Where(entry => entry.Key.Length > depth).GroupBy(entry => entry.Key[depth]).ToArray();
        var state = Enumerable.Range(1, 1 << 20).First(candidate =>
            !_taken.Contains(candidate) && children.All(child => !_taken.Contains(candidate ^ child.Key)));
        Grow(state);
        _taken.Add(state);
        _taken.UnionWith(children.Select(child => state ^ child.Key));
        _units[unit] = (_units[unit] & 0xFF) | ((uint)(unit ^ state) << 10) | (leaf.Length > 0 ? 0x100u : 0);
        if (leaf.Length > 0)
        {
            _units[state] = Free | (uint)leaf[0].Value;
        }

        foreach (var child in children)
        {
            _units[state ^ child.Key] = child.Key;
            Place(state ^ child.Key, [.. child], depth + 1);
        }
    }
}
