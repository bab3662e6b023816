using System.Collections.Immutable;
using System.IO.Enumeration;

namespace Sera.Model.Data.Sources;

/// <summary>What a path of data names: a file, the data files of a folder, or those of a glob (*, ? and, for folders of any depth, **).</summary>
public static class DataFiles
{
    internal const string Expected = "a file of rows (.jsonl, .json, .csv, .parquet; .gz and .zst of them), a folder of such, or a glob";

    private static readonly string[] Kinds = [".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet"];

    // Hugging Face puts descriptions beside data.
    private static readonly string[] Descriptions = ["dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"];

    /// <summary>Its files, those of a folder or a glob in ordinal order of their names.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static ImmutableArray<string> Of(string path)
    {
        if (path.Length == 0) throw new InputException("data file", "an empty path", Expected, "name the file");
        if (Directory.Exists(path))
        {
            var files = Sorted(Directory.EnumerateFiles(path).Where(IsData));
            return files.IsEmpty ? throw new InputException(path, "it is a folder without data files", Expected, "name a folder that has some, or a file") : files;
        }
        if (File.Exists(path) || !path.AsSpan().ContainsAny('*', '?')) return [path];
        var root = Path.GetPathRoot(path)!;
        var parts = path[root.Length..].Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
        var found = Sorted(Matches(root, parts).Distinct(StringComparer.Ordinal));
        return found.IsEmpty ? throw new InputException(path, "no file matches", Expected, "check the pattern; patterns in a run file are relative to that file") : found;
    }

    /// <summary>Whether it can be read as one or more files of rows, by name alone.</summary>
    public static bool IsData(string path)
    {
        var name = Path.GetFileName(path);
        return !name.StartsWith('.') && !Descriptions.Contains(name) && Kinds.Contains(Kind(name));
    }

    /// <summary>The ending of a name, in small letters, that of its compression taken off.</summary>
    internal static string Kind(string path)
    {
        var ending = Path.GetExtension(path).ToLowerInvariant();
        return ending is ".gz" or ".zst" ? Path.GetExtension(path[..^ending.Length]).ToLowerInvariant() : ending;
    }

    private static IEnumerable<string> Matches(string folder, ReadOnlyMemory<string> parts)
    {
        var at = folder.Length == 0 ? "." : folder;
        if (!Directory.Exists(at)) return [];
        var (part, rest) = (parts.Span[0], parts[1..]);
        if (part == "**")
        {
            // Folders that are links may lead back here, so that no file would be the last.
            var deeper = Directory.EnumerateDirectories(at).Where(name => IsPlain(name) && new DirectoryInfo(name).LinkTarget is null).SelectMany(name => Matches(Path.Combine(folder, Path.GetFileName(name)), parts));
            return (rest.IsEmpty ? Directory.EnumerateFiles(at).Where(IsData).Select(Named) : Matches(folder, rest)).Concat(deeper);
        }
        bool Fits(string path) => FileSystemName.MatchesSimpleExpression(part, Path.GetFileName(path), ignoreCase: false);
        if (rest.IsEmpty) return Directory.EnumerateFiles(at).Where(file => Fits(file) && IsPlain(file)).Select(Named);
        if (!part.AsSpan().ContainsAny('*', '?')) return Matches(Path.Combine(folder, part), rest);
        return Directory.EnumerateDirectories(at).Where(name => Fits(name) && IsPlain(name)).SelectMany(name => Matches(Path.Combine(folder, Path.GetFileName(name)), rest));

        string Named(string path) => Path.Combine(folder, Path.GetFileName(path));
    }

    private static bool IsPlain(string path) => !Path.GetFileName(path).StartsWith('.');

    private static ImmutableArray<string> Sorted(IEnumerable<string> files) => [.. files.Order(StringComparer.Ordinal)];
}
