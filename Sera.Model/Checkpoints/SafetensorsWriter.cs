using System.Buffers.Binary;
using System.Text.Json;
using Sera.Model.Data;
using Sera.Model.Models;
using static TorchSharp.torch;

namespace Sera.Model.Checkpoints;

/// <summary>Writes fp32 tensors as safetensors, in fp32 or rounded to a shorter type: names sorted, header padded to 8 bytes, so that equal tensors give equal bytes.</summary>
public static class SafetensorsWriter
{
    private const int ChunkElements = 1 << 22;

    /// <param name="tensors">Contiguous or not, any device; borrowed. Names are unique.</param>
    /// <param name="metadata">Text beside the tensors; null for none.</param>
    /// <param name="dtype">Float32, BFloat16 or Float16 of the file.</param>
    public static void Write(
        Stream stream, IEnumerable<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string>? metadata = null,
        ScalarType dtype = ScalarType.Float32) =>
        Write(stream, tensors.Select(t => new Part(t.Name, t.Value.shape, () => t.Value)), metadata, dtype);

    /// <summary>All named parameters of a buffer, in the form that files have them in.</summary>
    /// <param name="only">Those of them that are written; null = all.</param>
    public static void Write(
        Stream stream, FlatParameters parameters, IReadOnlyDictionary<string, string>? metadata = null, ScalarType dtype = ScalarType.Float32,
        IEnumerable<NamedParameter>? only = null) => Write(
            stream, (only ?? parameters.Layout.Parameters).Select(p => new Part(p.Name, [.. p.ShapeInFile], () => p.Form?.ToFile(parameters[p.Name]) ?? parameters[p.Name])), metadata, dtype);

    private static void Write(Stream stream, IEnumerable<Part> parts, IReadOnlyDictionary<string, string>? metadata, ScalarType dtype)
    {
        var sorted = parts.OrderBy(t => t.Name, StringComparer.Ordinal).ToArray();
        var header = Header(sorted, metadata, dtype);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var part in sorted) WriteData(stream, part, dtype);
    }

    private static byte[] Header(Part[] parts, IReadOnlyDictionary<string, string>? metadata, ScalarType dtype)
    {
        var (spelling, size) = dtype switch
        {
            ScalarType.Float32 => ("F32", 4),
            ScalarType.BFloat16 => ("BF16", 2),
            ScalarType.Float16 => ("F16", 2),
            _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a type that is written"),
        };
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, text) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) json.WriteString(key, text);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach (var part in parts)
            {
                json.WriteStartObject(part.Name);
                json.WriteString("dtype", spelling);
                json.WriteStartArray("shape");
                foreach (var length in part.Shape) json.WriteNumberValue(length);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += part.Shape.Aggregate(1L, (product, length) => product * length) * size);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static void WriteData(Stream stream, Part part, ScalarType dtype)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var value = part.Value();
        if (value.dtype != float32) throw new ArgumentException($"tensor '{part.Name}' is {value.dtype}; only fp32 is taken", nameof(part));
        var flat = value.detach().cpu().contiguous().view(-1);
        for (long at = 0; at < flat.shape[0]; at += ChunkElements)
        {
            using var some = flat.narrow(0, at, Math.Min(ChunkElements, flat.shape[0] - at));
            using var chunk = some.to(dtype, copy: true);
            if (dtype == ScalarType.Float16) RequireFinite(part.Name, some, chunk);
            stream.Write(chunk.bytes);
        }
    }

    private static void RequireFinite(string name, Tensor before, Tensor after)
    {
        using var scope = NewDisposeScope();
        if (before.isfinite().all().item<bool>() && !after.isfinite().all().item<bool>())
            throw new InputException(name, "a weight beyond 65504", "weights that f16 can hold", "write bf16 or f32");
    }

    /// <param name="Value">Makes the tensor when it is its turn, so that one that is put into another form is held alone.</param>
    private sealed record Part(string Name, long[] Shape, Func<Tensor> Value);
}
