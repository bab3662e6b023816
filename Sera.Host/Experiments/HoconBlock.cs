using System.Globalization;
using Akka.Configuration.Hocon;
using Sera.Host.Configuration;
using Sera.Model.Data;

namespace Sera.Host.Experiments;

/// <summary>A block of an experiment file: its values by key, and the line each stands in.</summary>
/// <param name="path">Dotted, from the root of the file.</param>
internal sealed class HoconBlock(string file, HoconOutline outline, string path, HoconValue value)
{
    private const string Remedy = "correct the value";
    private readonly IDictionary<string, HoconValue> _items = value.GetObject().Items;

    /// <summary>file:line of a key of this block; of the block where the key stands nowhere.</summary>
    public string Where(string key) => $"{file}:{outline.LineOf(key.Length == 0 ? path : $"{path}.{key}")}";

    /// <exception cref="InputException">The block holds another key.</exception>
    public void RefuseOthersThan(params string[] known)
    {
        foreach (var key in _items.Keys.Except(known).OrderBy(key => outline.LineOf($"{path}.{key}")))
        {
            var nearest = NearestKey.Of(key, known);
            throw new InputException(
                Where(key), $"unknown key '{key}'", $"a key of {path}; the nearest is '{nearest}'", "correct or remove it");
        }
    }

    /// <summary>null where the key stands nowhere.</summary>
    public string? Text(string key)
    {
        if (!_items.TryGetValue(key, out var found)) return null;
        return IsList(found) || !found.IsString() || found.GetString() is not { Length: > 0 } text ? throw Wrong(key, "a text") : text;
    }

    /// <summary>Plain values; empty where the key stands nowhere.</summary>
    public IReadOnlyList<string> List(string key)
    {
        if (!_items.TryGetValue(key, out var found)) return [];
        return IsList(found) && found.GetArray().All(item => !IsList(item) && item.IsString())
            ? [.. found.GetArray().Select(item => item.GetString())]
            : throw Wrong(key, "a list of plain values");
    }

    /// <summary>The blocks of a list; empty where the key stands nowhere.</summary>
    public IReadOnlyList<HoconBlock> Blocks(string key)
    {
        if (!_items.TryGetValue(key, out var found)) return [];
        return IsList(found) && found.GetArray().All(IsBlock)
            ? [.. found.GetArray().Select((item, i) => new HoconBlock(file, outline, string.Create(CultureInfo.InvariantCulture, $"{path}.{key}[{i}]"), item))]
            : throw Wrong(key, "a list of blocks, [ { ... }, { ... } ]");
    }

    /// <summary>null where the key stands nowhere.</summary>
    public HoconBlock? Block(string key)
    {
        if (!_items.TryGetValue(key, out var found)) return null;
        return IsBlock(found) ? new HoconBlock(file, outline, $"{path}.{key}", found) : throw Wrong(key, "a block, { ... }");
    }

    /// <summary>Keys of run files below a key, as --set takes them, with their values; the line of each is that of this file.</summary>
    /// <param name="folder">That paths are relative to.</param>
    public IEnumerable<(string Path, RunSettings.Setting Setting)> Overrides(string key, string folder)
    {
        const string root = "sera";
        if (!_items.TryGetValue(key, out var found)) yield break;
        if (IsList(found) || !IsBlock(found)) throw Wrong(key, "a block of keys of run files");
        foreach (var (below, written) in RunFile.Leaves("", found))
        {
            var name = below == root || below.StartsWith(root + ".", StringComparison.Ordinal) ? below : $"{root}.{below}";
            yield return (name, RunFile.ReadValue(Where($"{key}.{below}"), name, written, folder));
        }
    }

    private static bool IsList(HoconValue value) => value.Values.OfType<HoconArray>().Any();

    private static bool IsBlock(HoconValue value) => !IsList(value) && value.IsObject();

    private InputException Wrong(string key, string expected) => new(Where(key), $"{path}.{key} is something else", expected, Remedy);
}
