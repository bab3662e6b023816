using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Data.Sources;

namespace Sera.Host.Preparation;

/// <summary>A data file of a run; folders and globs are named file by file.</summary>
/// <param name="Use">pairs, prompts, eval or labels.</param>
internal sealed record DataInput(string Use, string Path)
{
    /// <summary>As it is now.</summary>
    public InputFile Read() => new(Use, Path, Sha256.OfFile(Path), new FileInfo(Path).Length);
}

internal static class DataInputs
{
    /// <summary>The data files that are there now, in the order in which they are read.</summary>
    /// <exception cref="InputException">A folder or a glob has none.</exception>
    public static IEnumerable<DataInput> Of(DataOptions data) =>
        from input in new[] { ("pairs", data.Pairs), ("prompts", data.Prompts), ("eval", data.Eval), ("labels", data.Labels) }
        where input.Item2.Length > 0
        from file in DataFiles.Of(input.Item2)
        where File.Exists(file)
        select new DataInput(input.Item1, file);
}
