using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;
using Sera.Model.Data;

namespace Sera.Model.Checkpoints;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Dtype">As the file spells it: F32, F16, BF16 and others.</param>
/// <param name="Begin">First byte, counted from the start of the file.</param>
public sealed record SafetensorsEntry(string Name, string Dtype, ImmutableArray<long> Shape, long Begin, long Bytes)
{
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}

/// <summary>
/// The header of a safetensors file, checked whole: its length, its JSON, and that the tensors cover the data exactly once. Nothing is
/// allocated for tensors here, so a lying header costs nothing.
/// </summary>
internal static class SafetensorsHeader
{
    private const long LongestHeader = 100_000_000;
    private const string Restore = "restore the file, for example by downloading it again";

    // Bytes an element; a file may hold what is not read as weights, but its extent is checked all the same.
    private static int? SizeOf(string dtype) => dtype switch
    {
        "F64" or "I64" or "U64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "F8_E4M3" or "F8_E5M2" or "I8" or "U8" or "BOOL" => 1,
        _ => null,
    };

    /// <exception cref="InputException">The header is not what the format says, or does not fit the file.</exception>
    public static (ImmutableArray<SafetensorsEntry> Entries, ImmutableDictionary<string, string> Metadata) Read(Stream file, string path)
    {
        var length = file.Length;
        if (length < 8) throw Bad(path, $"{length} bytes", "at least the 8 bytes of a header length");
        Span<byte> prefix = stackalloc byte[8];
        file.ReadExactly(prefix);
        var declared = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (declared > (ulong)(length - 8)) throw Bad(path, $"a header length of {declared} bytes in a file of {length}", $"at most {length - 8}");
        if (declared > LongestHeader) throw Bad(path, $"a header of {declared} bytes", $"at most {LongestHeader}");
        if (declared < 2) throw Bad(path, $"a header length of {declared} bytes", "a JSON object");
        var json = new byte[declared];
        file.ReadExactly(json);
        return Parse(json, path, 8 + (long)declared, length);
    }

    private static (ImmutableArray<SafetensorsEntry>, ImmutableDictionary<string, string>) Parse(byte[] json, string path, long dataStart, long fileLength)
    {
        JsonDocument document;
        try
        {
            document = StrictJson.Parse(json);
        }
        catch (JsonException)
        {
            throw Bad(path, "a header that is not JSON", "a JSON object");
        }
        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw Bad(path, $"a header that is a JSON {document.RootElement.ValueKind}", "a JSON object");
            var entries = ImmutableArray.CreateBuilder<SafetensorsEntry>();
            var metadata = ImmutableDictionary<string, string>.Empty;
            var names = new HashSet<string>();
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (!names.Add(property.Name)) throw Bad(path, $"tensor '{property.Name}' twice in the header", "every name once");
                if (property.Name == "__metadata__") metadata = Metadata(property.Value, path);
                else entries.Add(Entry(property, path, dataStart, fileLength));
            }
            entries.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.Bytes.CompareTo(b.Bytes));
            CheckCover(entries, path, dataStart, fileLength);
            return (entries.ToImmutable(), metadata);
        }
    }

    private static ImmutableDictionary<string, string> Metadata(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Any(p => p.Value.ValueKind != JsonValueKind.String))
            throw Bad(path, "a __metadata__ that does not map text to text", "an object of strings");
        return value.EnumerateObject().DistinctBy(p => p.Name).ToImmutableDictionary(p => p.Name, p => p.Value.GetString()!);
    }

    private static SafetensorsEntry Entry(JsonProperty property, string path, long dataStart, long fileLength)
    {
        var (name, value) = (property.Name, property.Value);
        if (value.ValueKind != JsonValueKind.Object) throw Bad(path, $"tensor '{name}' as a JSON {value.ValueKind}", "an object with dtype, shape and data_offsets");
        var dtype = value.TryGetProperty("dtype", out var d) && d.ValueKind == JsonValueKind.String ? d.GetString()! : "(none)";
        if (SizeOf(dtype) is not { } size) throw Bad(path, $"tensor '{name}' of dtype {dtype}", "F32, F16 or BF16");
        var shape = Numbers(value, "shape") ?? throw Bad(path, $"tensor '{name}' without a shape of whole numbers", "a list of sizes");
        var offsets = Numbers(value, "data_offsets");
        if (offsets is not [var begin, var end]) throw Bad(path, $"tensor '{name}' without two data_offsets", "[begin, end]");
        if (begin > end) throw Bad(path, $"tensor '{name}' with data_offsets [{begin}, {end}]", "begin no greater than end");
        if (end > fileLength - dataStart)
            throw Bad(path, $"tensor '{name}' ends at byte {end} of the data, which has {fileLength - dataStart} (the file is cut short or the header lies)", "offsets within the file");
        long expected = size;
        try
        {
            foreach (var n in shape) expected = checked(expected * n);
        }
        catch (OverflowException)
        {
            throw Bad(path, $"tensor '{name}' of shape [{string.Join(", ", shape)}]", "a size that fits into memory");
        }
        if (expected != end - begin)
            throw Bad(path, $"tensor '{name}' with {end - begin} bytes", $"{expected} for {dtype} of shape [{string.Join(", ", shape)}]");
        return new SafetensorsEntry(name, dtype, shape.ToImmutableArray(), dataStart + begin, end - begin);
    }

    private static long[]? Numbers(JsonElement entry, string field)
    {
        if (!entry.TryGetProperty(field, out var list) || list.ValueKind != JsonValueKind.Array) return null;
        var numbers = new List<long>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var number) || number < 0) return null;
            numbers.Add(number);
        }
        return [.. numbers];
    }

    private static void CheckCover(IReadOnlyList<SafetensorsEntry> entries, string path, long dataStart, long fileLength)
    {
        var at = dataStart;
        SafetensorsEntry? before = null;
        foreach (var entry in entries)
        {
            if (entry.Begin < at) throw Bad(path, $"tensors '{before!.Name}' and '{entry.Name}' overlap by {at - entry.Begin} bytes", "every byte used once");
            if (entry.Begin > at) throw Bad(path, $"a hole of {entry.Begin - at} bytes before tensor '{entry.Name}'", "every byte used once");
            (at, before) = (entry.Begin + entry.Bytes, entry);
        }
        if (at != fileLength) throw Bad(path, $"{fileLength - at} bytes after the last tensor", "none");
    }

    private static InputException Bad(string path, string found, string expected) => new(path, found, expected, Restore);
}
