namespace Sera.Host.Progress;

/// <summary>Plain lines for logs: every note, and each phase when it began, at every quarter of its work and when it is done.</summary>
internal sealed class LineProgressView(TextWriter output) : IProgressView
{
    private const int Parts = 4;

    private readonly Dictionary<(int Round, string Kind), long> _shown = [];

    public void Note(string line) => output.WriteLine(line);

    public void Show(RunProgress progress, int rounds)
    {
        foreach (var phase in progress.Phases)
        {
            var part = phase.Total > 0 ? phase.Done * Parts / phase.Total : 0;
            if (_shown.TryGetValue((phase.Round, phase.Kind), out var shown) && shown >= part) continue;
            _shown[(phase.Round, phase.Kind)] = part;
            output.WriteLine($"round {phase.Round}/{rounds}  {RunProgress.Describe(phase)}");
        }
    }
}
