namespace Sera.Model.Data.Sources;

/// <summary>Fields of Thrift's compact protocol, walked over without taking them in (thrift-compact-protocol.md of Apache Thrift).</summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    /// <summary>Types of fields.</summary>
    public const int Int32 = 5, Binary = 8, List = 9, Struct = 12;

    // Parquet's own structs are six deep; whoever reads fields that it does not know goes as deep as they do.
    private const int MostNested = 32;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes read so far.</summary>
    public int At { get; private set; }

    /// <summary>The next field of a struct.</summary>
    /// <param name="id">Of the field before, 0 at the beginning; becomes that of this one.</param>
    /// <returns>Its type; 0 at the end of the struct.</returns>
    public int Field(ref int id)
    {
        var header = Byte();
        var type = header & 0x0F;
        if (type == 0) return header == 0 ? 0 : throw Broken("a field without a type");
        id = header >> 4 is > 0 and var step ? id + step : (int)Integer();
        return type;
    }

    /// <summary>The header of a list.</summary>
    public (int Count, int Type) Items()
    {
        var header = Byte();
        var count = header >> 4 is < 15 and var small ? (ulong)small : Varint();
        // An item has a byte at least.
        return count <= (ulong)(_bytes.Length - At) ? ((int)count, header & 0x0F) : throw Broken($"a list of {count} items");
    }

    public long Integer() => Varint() is var value ? (long)(value >> 1) ^ -(long)(value & 1) : 0;

    /// <summary>Passes over a value.</summary>
    /// <param name="inList">Truth values have a byte there, and else are told by their type.</param>
    public void Skip(int type, bool inList = false, int depth = 0)
    {
        if (depth > MostNested) throw Broken("structs within structs");
        switch (type)
        {
            case 1 or 2 when !inList: break;
            case 1 or 2 or 3: Pass(1); break;
            case 4 or 5 or 6: Varint(); break;
            case 7: Pass(8); break;
            case Binary: Pass(Varint()); break;
            case List or 10:
                var (count, of) = Items();
                for (var i = 0; i < count; i++) Skip(of, inList: true, depth + 1);
                break;
            case 11: SkipMap(depth); break;
            case Struct:
                var id = 0;
                while (Field(ref id) is > 0 and var field) Skip(field, inList: false, depth + 1);
                break;
            default: throw Broken($"a field of type {type}");
        }
    }

    private void SkipMap(int depth)
    {
        var count = Varint();
        if (count == 0) return;
        var types = Byte();
        if (count > (ulong)(_bytes.Length - At)) throw Broken($"a map of {count} items");
        for (var i = 0UL; i < count; i++)
        {
            Skip(types >> 4, inList: true, depth + 1);
            Skip(types & 0x0F, inList: true, depth + 1);
        }
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
        throw Broken("a number without end");
    }

    private byte Byte() => At < _bytes.Length ? _bytes[At++] : throw Broken("it ends too early");

    private void Pass(ulong count)
    {
        if (count > (ulong)(_bytes.Length - At)) throw Broken("it ends too early");
        At += (int)count;
    }

    private static InvalidDataException Broken(string found) => new($"its footer cannot be read: {found}");
}
