using System.Collections.Immutable;
using Sera.Model.Data;

namespace Sera.Host.Configuration;

/// <summary>Every key of a run file with its value and the place that set it.</summary>
internal sealed class RunSettings
{
    private readonly ImmutableDictionary<string, Setting> _settings;

    /// <param name="file">The run file, which errors about keys that stand nowhere are placed in.</param>
    public RunSettings(string file, ImmutableDictionary<string, Setting> settings) => (File, _settings) = (file, settings);

    public string File { get; }

    /// <summary>A value as <see cref="RunKey.Read"/> gave it, and where it was written: file:line or the --set option; null where it is the default.</summary>
    public sealed record Setting(object Value, string? Where);

    public object this[string path] => _settings[path].Value;

    public string Where(string path) => _settings[path].Where ?? File;

    /// <summary>Whether the run file or an option sets it.</summary>
    public bool IsGiven(string path) => _settings[path].Where is not null;

    public string Text(string path) => (string)_settings[path].Value;

    public int Whole(string path) => checked((int)(long)_settings[path].Value);

    public long Long(string path) => (long)_settings[path].Value;

    public double Number(string path) => (double)_settings[path].Value;

    /// <summary>null where there is none.</summary>
    public double? MaybeNumber(string path) => _settings[path].Value as double?;

    public bool Flag(string path) => (bool)_settings[path].Value;

    public ImmutableArray<T> List<T>(string path) => (ImmutableArray<T>)_settings[path].Value;

    /// <summary>The same settings with one value replaced.</summary>
    public RunSettings With(string path, object value, string where) => With(path, new Setting(value, where));

    /// <inheritdoc cref="With(string, object, string)"/>
    public RunSettings With(string path, Setting setting) => new(File, _settings.SetItem(path, setting));

    /// <summary>An error about one key's value, placed where the value was written.</summary>
    public InputException Error(string path, string expected, string remedy) =>
        new(Where(path), $"{path} is {RunFileText.Write(this[path])}", expected, remedy);
}
