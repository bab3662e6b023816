using System.Buffers.Binary;

namespace Sera.Model.Data.Sources;

/// <summary>
/// The end of a Parquet file, which describes it (parquet.thrift, FileMetaData), as bytes: looked over before the library reads it, which goes as deep as a
/// schema does until its stack ends, and cut into footers of one row group each, since the library reads a footer anew for every row group that it is asked for.
/// </summary>
internal sealed class ParquetFooter
{
    /// <summary>Levels of a schema. A list takes two and a struct one; messages with parts are six deep.</summary>
    private const int MostLevels = 64;

    private const int MostColumns = 1 << 14;

    // The footer's length and PAR1.
    private const int Tail = 8;

    /// <summary>Of the file's metadata: there where something is encrypted, or the footer signed.</summary>
    private const int EncryptionField = 8;

    private readonly byte[] _bytes;
    private readonly List<Range> _groups = [];

    // All before the list of row groups, the id of its field included.
    private int _before;

    private ParquetFooter(byte[] bytes, long start) => (_bytes, Start) = (bytes, start);

    /// <summary>Where it begins in the file.</summary>
    public long Start { get; }

    public int Groups => _groups.Count;

    /// <exception cref="SourceException">The schema is too deep or wide.</exception>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static ParquetFooter Read(FileStream file)
    {
        var tail = new byte[Tail];
        if (file.Length < Tail + 4) throw new InvalidDataException("it ends too early");
        file.Position = file.Length - Tail;
        file.ReadExactly(tail);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (!tail.AsSpan(4).SequenceEqual("PAR1"u8) || length > Math.Min(file.Length - Tail - 4, Array.MaxLength)) throw new InvalidDataException("it has no footer at its end");
        var footer = new ParquetFooter(new byte[length], file.Length - Tail - length);
        file.Position = footer.Start;
        file.ReadExactly(footer._bytes);
        footer.Walk();
        return footer;
    }

    /// <summary>The end of a file that has one row group only.</summary>
    // A list of one struct; the struct; the end of the footer.
    public byte[] Of(int group) => Ended([.. _bytes.AsSpan(0, _before), 1 << 4 | ThriftReader.Struct, .. _bytes.AsSpan(_groups[group]), 0]);

    /// <summary>The end of the file as it is.</summary>
    public byte[] Whole() => Ended(_bytes);

    private static byte[] Ended(byte[] footer)
    {
        var tail = new byte[Tail];
        BinaryPrimitives.WriteInt32LittleEndian(tail, footer.Length);
        "PAR1"u8.CopyTo(tail.AsSpan(4));
        return [.. footer, .. tail];
    }

    private void Walk()
    {
        var reader = new ThriftReader(_bytes);
        var id = 0;
        while (reader.Field(ref id) is > 0 and var type)
        {
            if (id == EncryptionField) throw Refuse("columns that are encrypted or signed", "a file without");
            if (id is not (2 or 4))
            {
                reader.Skip(type);
                continue;
            }
            // What is read as something else than it is written as cannot be looked over.
            if (type != ThriftReader.List || (id == 4 && _before > 0)) throw new InvalidDataException($"field {id} of its footer is no list");
            if (id == 4) _before = reader.At;
            var (count, of) = reader.Items();
            if (of != ThriftReader.Struct && (count > 0 || of != 0)) throw new InvalidDataException($"field {id} of its footer is no list of structs");
            if (id == 2) Schema(ref reader, count);
            else RowGroups(ref reader, count);
        }
        // The library reads on behind the end of what it takes for shorter, and does not come back.
        if (reader.At != _bytes.Length || _before == 0) throw new InvalidDataException("its footer is not one whole description");
    }

    private void RowGroups(ref ThriftReader reader, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var start = reader.At;
            reader.Skip(ThriftReader.Struct);
            _groups.Add(start..reader.At);
        }
    }

    // Elements stand one after another, each before its children.
    private static void Schema(ref ThriftReader reader, int count)
    {
        if (count > MostColumns) throw Refuse($"a schema of {count} columns, structs and lists", $"at most {MostColumns}");
        var left = new Stack<int>();
        for (var i = 0; i < count; i++)
        {
            while (left.TryPeek(out var siblings) && siblings == 0) left.Pop();
            if (left.TryPop(out var before)) left.Push(before - 1);
            if (Children(ref reader) is not (> 0 and var children)) continue;
            left.Push(children);
            if (left.Count > MostLevels) throw Refuse($"a schema of more than {MostLevels} levels", $"at most {MostLevels}");
        }
    }

    private static int Children(ref ThriftReader reader)
    {
        var (id, children) = (0, 0);
        while (reader.Field(ref id) is > 0 and var type)
        {
            // The library takes fields by their number, whatever their type says.
            var expected = id switch { 4 => ThriftReader.Binary, 10 => ThriftReader.Struct, >= 1 and <= 9 => ThriftReader.Int32, _ => type };
            if (type != expected) throw new InvalidDataException($"field {id} of a column's description is of type {type}");
            if (id != 5) reader.Skip(type);
            else if (reader.Integer() is >= 0 and <= MostColumns and var given) children = (int)given;
            else throw new InvalidDataException("a number of children that cannot be");
        }
        return children;
    }

    private static SourceException Refuse(string found, string expected) => new(found, expected, "write the columns of texts or messages only");
}
