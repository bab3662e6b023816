namespace Sera.Host.Experiments;

/// <summary>Names of what an experiment leaves behind beside its runs, in the work folder that has them.</summary>
internal sealed class ExperimentFolder(string work, string name)
{
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetFullPath(work), "experiments", name);

    public string Lock => In("lock");

    /// <summary>Means, intervals and runs, for programs.</summary>
    public string Results => In("results.json");

    /// <summary>The same means and intervals, a line each.</summary>
    public string Csv => In("table.csv");

    /// <summary>Every figure of every round of every run, a line each.</summary>
    public string Runs => In("runs.csv");

    public string Markdown => In("table.md");

    public string Report => In("report.html");

    /// <summary>Folder of a world that arms run on.</summary>
    public string World(string digest) => In(System.IO.Path.Combine("worlds", digest));

    private string In(string file) => System.IO.Path.Combine(Path, file);
}
