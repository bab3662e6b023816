using Sera.Model.Data;

namespace Sera.Host.Runs;

/// <summary>Names of what one run leaves behind, under the work folder that all runs share.</summary>
internal sealed class RunFolder(string work, string id)
{
    public string Work { get; } = System.IO.Path.GetFullPath(work);

    public string Id { get; } = id;

    public string Path => System.IO.Path.Combine(Work, Id);

    /// <summary>The resolved run file.</summary>
    public string RunFile => System.IO.Path.Combine(Path, "run.conf");

    /// <summary>What was decided before the run started; see <see cref="RunRecord"/>.</summary>
    public string Record => System.IO.Path.Combine(Path, "run.json");

    public string Summary => System.IO.Path.Combine(Path, "summary.json");

    public string Report => System.IO.Path.Combine(Path, "report.html");

    /// <summary>TensorBoard files.</summary>
    public string Metrics => System.IO.Path.Combine(Path, "metrics");

    /// <summary>The aligned policy as a Hugging Face folder.</summary>
    public string Policy => System.IO.Path.Combine(Path, "policy");

    /// <summary>The aligned policy as a PEFT adapter; only with LoRA.</summary>
    public string Adapter => System.IO.Path.Combine(Path, "adapter");

    public string Log => System.IO.Path.Combine(Path, "log.txt");

    public string Lock => System.IO.Path.Combine(Path, "lock");

    /// <summary>Every run of a work folder, oldest first.</summary>
    public static IReadOnlyList<RunFolder> All(string work)
    {
        if (!Directory.Exists(work)) return [];
        return [.. Directory.EnumerateDirectories(work)
            .Select(folder => new RunFolder(work, System.IO.Path.GetFileName(folder)))
            .Where(run => File.Exists(run.Record))
            .OrderBy(run => RunId.Suffix(run.Id), StringComparer.Ordinal)];
    }

    /// <summary>The named run, or the newest where no name is given.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static RunFolder Find(string work, string? id)
    {
        var all = All(work);
        if (id is null)
            return all.Count > 0 ? all[^1] : throw new InputException(work, "no run in this work folder", "at least one", "start one with: sera run <file> --work <folder>");
        return all.FirstOrDefault(run => run.Id == id)
            ?? throw new InputException(
                work,
                $"no run '{id}'",
                all.Count == 0 ? "a run of this work folder (it has none)" : $"a run of this work folder, such as {all[^1].Id}",
                "list them with: sera runs --work <folder>");
    }
}
