using System.Collections.Immutable;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Sera.Model.Data;
using Sera.Model.Models;
using static TorchSharp.torch;

namespace Sera.Model.Checkpoints;

/// <summary>A memory-mapped safetensors file. Opening checks the header whole; tensors are copied out one at a time, as fp32 or bf16.</summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private const int ChunkElements = 1 << 22;

    private readonly Dictionary<string, SafetensorsEntry> _entries;
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _start;

    private SafetensorsFile(string path, FileStream file)
    {
        Path = path;
        (Entries, Metadata) = SafetensorsHeader.Read(file, path);
        _entries = Entries.ToDictionary(e => e.Name);
        _map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    public string Path { get; }

    /// <summary>In the order of the data.</summary>
    public ImmutableArray<SafetensorsEntry> Entries { get; }

    public ImmutableDictionary<string, string> Metadata { get; }

    /// <exception cref="InputException">The file is missing, or not a well-formed safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return new SafetensorsFile(path, file);
        }
        catch (InputException)
        {
            file?.Dispose();
            throw;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new InputException(path, "it cannot be read", "a safetensors file", "check the path and its permissions");
        }
    }

    public bool TryGet(string name, out SafetensorsEntry entry) => _entries.TryGetValue(name, out entry!);

    /// <summary>The entry of a tensor of the given shape, in a dtype that can be read.</summary>
    /// <exception cref="InputException">It is missing, of another shape, or of another dtype.</exception>
    public SafetensorsEntry Expect(string name, ReadOnlySpan<long> shape)
    {
        var wanted = $"[{string.Join(", ", shape.ToArray())}]";
        if (!TryGet(name, out var entry))
            throw new InputException(Path, $"no tensor '{name}'", $"one of shape {wanted}", "check that the weights belong to the config.json beside them");
        if (!entry.Shape.AsSpan().SequenceEqual(shape))
            throw new InputException(Path, $"tensor '{name}' of shape {entry.ShapeText}", wanted, "check that the weights belong to the config.json beside them");
        if (entry.Dtype is not ("F32" or "F16" or "BF16"))
            throw new InputException(Path, $"tensor '{name}' of dtype {entry.Dtype}", "F32, F16 or BF16", "convert the weights");
        return entry;
    }

    /// <summary>The entry of a parameter, under its name or its alias, of its shape in files.</summary>
    /// <inheritdoc cref="Expect(string, ReadOnlySpan{long})"/>
    public SafetensorsEntry Expect(NamedParameter parameter) =>
        Expect(parameter.Alias is { } alias && !TryGet(parameter.Name, out _) && TryGet(alias, out _) ? alias : parameter.Name, parameter.ShapeInFile.AsSpan());

    /// <summary>Copies a parameter, and puts it into the form that the buffer has it in.</summary>
    /// <param name="target">Its place in the buffer: contiguous, on the CPU, fp32 or bf16.</param>
    public void CopyTo(NamedParameter parameter, SafetensorsEntry entry, Tensor target)
    {
        if (parameter.Form is not { } form)
        {
            CopyTo(entry, target);
            return;
        }
        using var scope = NewDisposeScope();
        var stored = empty(parameter.ShapeInFile.ToArray(), target.dtype);
        CopyTo(entry, stored);
        target.copy_(form.FromFile(stored).reshape(target.shape));
    }

    /// <summary>Copies a tensor into contiguous CPU memory of the same shape, fp32 or bf16, converted to that; nothing as large as the tensor is held beside it.</summary>
    public void CopyTo(SafetensorsEntry entry, Tensor target)
    {
        using var flat = target.view(-1);
        var elements = flat.shape[0];
        var (size, wide) = (entry.Dtype == "F32" ? 4 : 2, flat.dtype == ScalarType.Float32);
        if (!wide && flat.dtype != ScalarType.BFloat16) throw new ArgumentException($"a target of {flat.dtype}", nameof(target));
        if (entry.Bytes != elements * size) throw new ArgumentException($"'{entry.Name}' does not fit a target of {elements} elements", nameof(target));
        using var between = wide || entry.Dtype == "BF16" ? null : empty(Math.Min(ChunkElements, elements), ScalarType.Float32);
        for (long at = 0; at < elements; at += ChunkElements)
        {
            var count = (int)Math.Min(ChunkElements, elements - at);
            using var chunk = flat.narrow(0, at, count);
            var from = new ReadOnlySpan<byte>(_start + _view!.PointerOffset + entry.Begin + at * size, count * size);
            if (wide)
            {
                Convert(from, entry.Dtype, MemoryMarshal.Cast<byte, float>(chunk.bytes));
            }
            else if (between is null)
            {
                from.CopyTo(chunk.bytes);
            }
            else
            {
                using var some = between.narrow(0, 0, count);
                Convert(from, entry.Dtype, MemoryMarshal.Cast<byte, float>(some.bytes));
                chunk.copy_(some);
            }
        }
    }

    public void Dispose()
    {
        _view?.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _map?.Dispose();
    }

    private static void Convert(ReadOnlySpan<byte> from, string dtype, Span<float> to)
    {
        switch (dtype)
        {
            case "F32":
                from.CopyTo(MemoryMarshal.AsBytes(to));
                break;
            case "BF16":
                var words = MemoryMarshal.Cast<byte, ushort>(from);
                for (var i = 0; i < to.Length; i++) to[i] = BitConverter.UInt32BitsToSingle((uint)words[i] << 16);
                break;
            default:
                var halves = MemoryMarshal.Cast<byte, Half>(from);
                for (var i = 0; i < to.Length; i++) to[i] = (float)halves[i];
                break;
        }
    }
}
