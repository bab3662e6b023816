using System.Buffers.Binary;
using System.Text.Unicode;

namespace Sera.Model.Tokenization;

/// <summary>
/// The double array of a precompiled charsmap (Darts-clone): UTF-8 bytes to offsets of texts. From a state the byte c leads to the
/// unit at state xor c, if that unit's label is c; its offset (xor) is the next state, and where it has a leaf, the unit at that
/// state holds the value. Bits of a unit: 0-7 label, 8 leaf, 9 offset counts 256, 10-30 offset, 31 value.
/// </summary>
internal sealed class CharsmapTrie
{
    private const uint LabelBits = 0x8000_00FF;
    private const int LongestText = 256;

    private readonly uint[] _units;

    private CharsmapTrie(uint[] units) => _units = units;

    /// <summary>The trie, of which every path is known to end.</summary>
    /// <exception cref="FormatException">It does not; the message is what was found.</exception>
    public static CharsmapTrie Read(ReadOnlySpan<byte> charsmap, out ReadOnlySpan<byte> texts)
    {
        var size = charsmap.Length < 4 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(charsmap);
        if (size == 0 || size % 4 != 0 || size > charsmap.Length - 4)
        {
            throw new FormatException($"{charsmap.Length} bytes in all, which is no whole trie");
        }

        var units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(charsmap[(4 + (4 * i))..]);
        }

        texts = charsmap[(4 + (int)size)..];
        if (!Utf8.IsValid(texts))
        {
            throw new FormatException("texts that are not UTF-8");
        }

        var trie = new CharsmapTrie(units);
        trie.Check(texts);
        return trie;
    }

    /// <returns>Where the text of the shortest key begins that the bytes begin with; -1 where there is none.</returns>
    public int ShortestPrefix(ReadOnlySpan<byte> bytes)
    {
        var state = Offset(_units[0]);
        foreach (var label in bytes)
        {
            var unit = _units[state ^ label];
            if (label == 0 || (unit & LabelBits) != label)
            {
                break;
            }

            state ^= label ^ Offset(unit);
            if (HasLeaf(unit))
            {
                return Value(_units[state]);
            }
        }

        return -1;
    }

    private static int Offset(uint unit) => (int)((unit >> 10) << (int)((unit & 0x200) >> 6));

    private static bool HasLeaf(uint unit) => (unit & 0x100) != 0;

    private static int Value(uint unit) => (int)(unit & 0x7FFF_FFFF);

    /// <summary>Follows every path. Keys may share their ends, so a state is gone through once; one met again on its own path is a circle.</summary>
    private void Check(ReadOnlySpan<byte> texts)
    {
        var (open, done) = (new bool[_units.Length], new bool[_units.Length]);
        var path = new Stack<(int State, int Label)>();
        Enter(Offset(_units[0]));
        while (path.TryPop(out var place))
        {
            if (place.Label > 255)
            {
                (open[place.State], done[place.State]) = (false, true);
                continue;
            }

            path.Push((place.State, place.Label + 1));
            var unit = _units[place.State ^ place.Label];
            if ((unit & LabelBits) != place.Label)
            {
                continue;
            }

            var next = place.State ^ place.Label ^ Offset(unit);
            Enter(next);
            if (HasLeaf(unit))
            {
                CheckText(Value(_units[next]), texts);
            }
        }

        void Enter(int state)
        {
            // The bytes reach all units of the state's block of 256.
            if ((uint)(state | 255) >= (uint)_units.Length)
            {
                throw new FormatException($"a way to unit {state | 255} of {_units.Length}");
            }

            if (open[state])
            {
                throw new FormatException("a way in a circle");
            }

            if (!done[state])
            {
                open[state] = true;
                path.Push((state, 1));
            }
        }
    }

    private static void CheckText(int start, ReadOnlySpan<byte> texts)
    {
        if (start > texts.Length || (start < texts.Length && (texts[start] & 0xC0) == 0x80))
        {
            throw new FormatException($"a text at byte {start} of {texts.Length}");
        }

        var text = texts[start..Math.Min(texts.Length, start + LongestText + 1)];
        if (text.Length > LongestText && text.IndexOf((byte)0) < 0)
        {
            throw new FormatException($"a text of more than {LongestText} bytes");
        }
    }
}
