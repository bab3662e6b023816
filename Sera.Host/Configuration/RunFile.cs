using System.Collections.Immutable;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using Sera.Model.Data;

namespace Sera.Host.Configuration;

/// <summary>
/// Reads a run file (HOCON) and the --set options over it, every key checked against hocon/reference.conf. Paths in the file are relative
/// to the file, paths in --set to the current folder; the settings hold full paths.
/// </summary>
internal static class RunFile
{
    private const string SeeReference = "hocon/reference.conf lists every key";

    private static readonly Lazy<ImmutableDictionary<string, RunSettings.Setting>> Defaults = new(ReadReference);

    /// <summary>The text of hocon/reference.conf.</summary>
    public static string ReferenceText()
    {
        using var stream = typeof(RunFile).Assembly.GetManifestResourceStream("reference.conf")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <exception cref="InputException">The file or an option holds an unknown key or a value that is not allowed.</exception>
    public static RunSettings Read(string path, IReadOnlyList<string> sets)
    {
        var text = HoconText.Read(path, "a run file (HOCON)", "see hocon/quickstart.conf for one that works");
        return Parse(path, text, sets);
    }

    /// <inheritdoc cref="Read"/>
    public static RunSettings Parse(string path, string text, IReadOnlyList<string> sets)
    {
        var written = Defaults.Value.SetItems(ReadText(path, text, Path.GetDirectoryName(Path.GetFullPath(path))!));
        var chosen = sets.Select(ReadSet).ToList();
        return ReplacedKeys.Settle(new RunSettings(path, written.SetItems(chosen)), [.. chosen.Select(set => set.Key)], Defaults.Value);
    }

    /// <summary>The settings with some of their keys chosen anew, as --set would.</summary>
    /// <exception cref="InputException">A key is chosen beside the one that replaces it.</exception>
    public static RunSettings With(RunSettings settings, IReadOnlyCollection<KeyValuePair<string, RunSettings.Setting>> chosen) => ReplacedKeys.Settle(
        chosen.Aggregate(settings, (all, set) => all.With(set.Key, set.Value.Value, set.Value.Where!)), [.. chosen.Select(set => set.Key)], Defaults.Value);

    private static ImmutableDictionary<string, RunSettings.Setting> ReadReference() =>
        ReadText("hocon/reference.conf", ReferenceText(), "/")
            .ToImmutableDictionary(pair => pair.Key, pair => pair.Value with { Where = null });

    private static List<KeyValuePair<string, RunSettings.Setting>> ReadText(string file, string text, string folder)
    {
        var outline = HoconOutline.Of(file, text);
        if (HoconText.Root(file, text, SeeReference) is not { } root) return [];
        var errors = new List<(int Line, InputException Error)>();
        var found = new List<KeyValuePair<string, RunSettings.Setting>>();
        foreach (var (path, value) in Leaves("", root))
        {
            var line = outline.LineOf(path);
            try
            {
                found.Add(new(path, ReadValue($"{file}:{line}", path, value, folder)));
            }
            catch (InputException e)
            {
                errors.Add((line, e));
            }
        }
        if (errors.Count > 0) throw errors.MinBy(e => e.Line).Error;
        return found;
    }

    private static KeyValuePair<string, RunSettings.Setting> ReadSet(string set)
    {
        var where = $"--set {set}";
        var equals = set.IndexOf('=');
        if (equals <= 0) throw new InputException(where, "no key and value", "key=value, for example --set loss.beta=0.2", SeeReference);
        var path = set[..equals].Trim();
        if (path != "sera" && !path.StartsWith("sera.", StringComparison.Ordinal)) path = "sera." + path;
        var text = set[(equals + 1)..].Trim();
        var value = new HoconValue();
        if (text.StartsWith('[') || text.StartsWith('"'))
        {
            HoconOutline.Of(where, "v = " + text);
            value = ConfigurationFactory.ParseString("v = " + text).GetValue("v");
        }
        else
        {
            value.AppendValue(new HoconLiteral { Value = text });
        }
        return new(path, ReadValue(where, path, value, Directory.GetCurrentDirectory()));
    }

    /// <summary>One key's value, checked against the reference.</summary>
    /// <param name="where">The place that errors name.</param>
    /// <param name="path">Dotted, with "sera.".</param>
    /// <param name="folder">That paths are relative to.</param>
    /// <exception cref="InputException">There is no such key, or the value is not allowed.</exception>
    public static RunSettings.Setting ReadValue(string where, string path, HoconValue value, string folder)
    {
        var key = RunKeys.Find(path);
        if (key is null)
        {
            if (RunKeys.IsBlock(path)) throw new InputException(where, $"'{path}' is a block of keys, not a value", $"{path} {{ ... }}", SeeReference);
            var nearest = NearestKey.Of(path, RunKeys.All.Select(k => k.Path));
            throw new InputException(where, $"unknown key '{path}'", $"a key of hocon/reference.conf; the nearest is '{nearest}'", "correct or remove it");
        }
        var array = value.Values.OfType<HoconArray>().Any();
        var written = !array && value.IsString() ? value.GetString() : null;
        var items = array ? value.GetArray().Select(item => item.IsString() ? item.GetString() : "[...]").ToList() : null;
        var read = key.Read(written, items);
        if (read is null)
        {
            var shown = items is null ? written : $"[{string.Join(", ", items)}]";
            throw new InputException(where, $"{path} is '{shown}'", key.Expected, "correct the value");
        }
        if (key.Kind == KeyKind.File && read is string { Length: > 0 } file) read = Path.GetFullPath(file, folder);
        if (key.Kind == KeyKind.RewardSource && read is string source && source.StartsWith(RunKey.ModelPrefix, StringComparison.Ordinal))
            read = RunKey.ModelPrefix + Path.GetFullPath(source[RunKey.ModelPrefix.Length..].Trim(), folder);
        return new RunSettings.Setting(read, where);
    }

    /// <summary>Every value below a block, with its dotted path.</summary>
    /// <param name="path">Of the block; empty for the root.</param>
    public static IEnumerable<(string Path, HoconValue Value)> Leaves(string path, HoconValue value)
    {
        // A known key whose value is a block is handed out as it is, so that its type can be refused by name.
        if (!value.IsObject() || RunKeys.Find(path) is not null)
        {
            if (path.Length > 0) yield return (path, value);
            yield break;
        }
        foreach (var (key, child) in value.GetObject().Items)
        {
            foreach (var leaf in Leaves(path.Length == 0 ? key : $"{path}.{key}", child)) yield return leaf;
        }
    }
}
