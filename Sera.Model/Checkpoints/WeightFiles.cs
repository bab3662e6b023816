using System.Collections.Immutable;
using System.Text.Json;
using Sera.Model.Data;
using Sera.Model.Models;

namespace Sera.Model.Checkpoints;

/// <summary>The weights of a folder: model.safetensors, or the shards that model.safetensors.index.json names.</summary>
public sealed class WeightFiles : IDisposable
{
    public const string SingleFile = "model.safetensors";
    public const string IndexFile = "model.safetensors.index.json";

    private readonly ImmutableArray<SafetensorsFile> _files;
    private readonly Dictionary<string, SafetensorsFile> _fileOf = [];

    private WeightFiles(ImmutableArray<SafetensorsFile> files)
    {
        _files = files;
        foreach (var file in files)
        {
            foreach (var entry in file.Entries)
            {
                if (!_fileOf.TryAdd(entry.Name, file))
                    throw new InputException(file.Path, $"tensor '{entry.Name}' stands in {Path.GetFileName(_fileOf[entry.Name].Path)} too", "every tensor in one shard", "restore the folder");
            }
        }
    }

    public IEnumerable<SafetensorsEntry> Entries => _files.SelectMany(f => f.Entries);

    /// <summary>Opens all weight files of a folder and checks their headers.</summary>
    /// <exception cref="InputException">A file is missing or malformed, or the shards do not hold what the index says.</exception>
    public static WeightFiles Open(string folder)
    {
        var names = NamesIn(folder);
        var files = new List<SafetensorsFile>();
        WeightFiles? weights = null;
        try
        {
            foreach (var name in names) files.Add(SafetensorsFile.Open(Path.Combine(folder, name)));
            weights = new WeightFiles([.. files]);
            foreach (var (tensor, shard) in MapIn(folder) ?? [])
            {
                if (!weights._fileOf.TryGetValue(tensor, out var file) || Path.GetFileName(file.Path) != shard)
                    throw new InputException(Path.Combine(folder, IndexFile), $"tensor '{tensor}' said to be in {shard}, which lacks it", "the shard that holds it", "restore the folder");
            }
            return weights;
        }
        catch
        {
            foreach (var file in files) file.Dispose();
            throw;
        }
    }

    /// <summary>One safetensors file, as an artifact holds it.</summary>
    public static WeightFiles OpenFile(string path) => new([SafetensorsFile.Open(path)]);

    /// <summary>Names of the weight files of a folder, the index included where there is one; sorted.</summary>
    public static ImmutableArray<string> AllNamesIn(string folder) =>
        File.Exists(Path.Combine(folder, SingleFile)) ? [SingleFile] : [IndexFile, .. NamesIn(folder)];

    /// <summary>The file that holds a tensor; where none does, the first one, whose Expect will say so.</summary>
    public SafetensorsFile FileOf(string name) => _fileOf.GetValueOrDefault(name, _files[0]);

    /// <summary>The file that holds a parameter, under its name or its alias.</summary>
    public SafetensorsFile FileOf(NamedParameter parameter) => FileOf(Has(parameter.Name) ? parameter.Name : parameter.Alias ?? parameter.Name);

    public bool Has(string name) => _fileOf.ContainsKey(name);

    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    private static ImmutableArray<string> NamesIn(string folder) =>
        MapIn(folder) is { } map ? [.. map.Values.Distinct().Order(StringComparer.Ordinal)] : [SingleFile];

    // Null where there is no index, or a single file that is preferred to it.
    private static Dictionary<string, string>? MapIn(string folder)
    {
        var path = Path.Combine(folder, IndexFile);
        if (File.Exists(Path.Combine(folder, SingleFile))) return null;
        if (!File.Exists(path))
            throw Pickles.Refusal(folder) ?? new InputException(folder, $"neither {SingleFile} nor {IndexFile}", "weights in safetensors form", "check the path, or convert the weights to safetensors");
        try
        {
            using var document = StrictJson.Parse(File.ReadAllBytes(path));
            var map = document.RootElement.GetProperty("weight_map").EnumerateObject().DistinctBy(p => p.Name).ToDictionary(p => p.Name, p => p.Value.GetString() ?? "");
            if (map.Count > 0 && map.Values.FirstOrDefault(name => name.Length == 0 || name != Path.GetFileName(name)) is not { } odd) return map;
            throw new InputException(path, "a weight_map without plain file names", "tensor names mapped to files of the same folder", "restore the file");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InputException(path, "it is not an index of weights", "a JSON object with a weight_map", "restore the file");
        }
    }
}
