using System.Globalization;
using Sera.Host.Progress;

namespace Sera.Host.Commands;

/// <summary>A line at every twentieth of the steps of a training, with the loss.</summary>
/// <param name="latest">Loss of the latest step; null before the first.</param>
internal sealed class TrainingView(TextWriter output, Func<double?> latest) : IProgressView
{
    private const int Parts = 20;
    private long _part = -1;

    public void Note(string line) => output.WriteLine(line);

    public void Show(RunProgress progress, int rounds)
    {
        var phase = progress.Phases[^1];
        var part = phase.Done * Parts / Math.Max(1, phase.Total);
        if (part == _part || latest() is not { } loss) return;
        _part = part;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{RunProgress.Describe(phase)}, loss {loss:0.####}"));
    }
}
