using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Model.Data;

namespace Sera.Actors.Hosting;

/// <summary>Runs as their journal has them, read while another process may work on them.</summary>
public static class RunHistory
{
    /// <summary>null when the work folder knows no run of that id.</summary>
    /// <exception cref="InputException">The journal is damaged; names the file.</exception>
    public static Task<RunState?> ReadAsync(string workFolder, string runId) => Task.Run(() => new JournalFile(workFolder).ReadRun(runId));

    /// <summary>Ids of all runs of the work folder, in ordinal order.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public static Task<IReadOnlyList<string>> RunIdsAsync(string workFolder) => Task.Run(() => new JournalFile(workFolder).RunIds());
}
