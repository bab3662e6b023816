using Spectre.Console;
using Spectre.Console.Rendering;

namespace Sera.Host.Progress;

/// <summary>One region of the terminal that is drawn anew: the round and its phases with bar, rate and time left. Notes scroll above it.</summary>
internal sealed class LiveProgressView(IAnsiConsole console, LiveDisplayContext live) : IProgressView
{
    private const int BarWidth = 30;

    /// <summary>Padded, since the line takes the place of one that was drawn before.</summary>
    public void Note(string line) => console.WriteLine(line.PadRight(console.Profile.Width - 1));

    public void Show(RunProgress progress, int rounds) => live.UpdateTarget(Draw(progress, rounds));

    internal static IRenderable Draw(RunProgress progress, int rounds)
    {
        var grid = new Grid();
        for (var i = 0; i < 5; i++) grid.AddColumn(new GridColumn().NoWrap());
        foreach (var phase in progress.Phases)
        {
            grid.AddRow(
                new Text($"round {phase.Round}/{rounds}", new Style(Color.Blue)),
                new Text(phase.Kind),
                new Text(Bar(phase), new Style(phase.Finished ? Color.Green : Color.Yellow)),
                new Text($"{phase.Done}/{phase.Total}"),
                new Text(Rate(phase)));
        }
        return grid;
    }

    private static string Bar(RunProgress.Phase phase)
    {
        var filled = phase.Total > 0 ? (int)Math.Clamp(phase.Done * BarWidth / phase.Total, 0, BarWidth) : 0;
        return new string('#', filled) + new string('.', BarWidth - filled);
    }

    private static string Rate(RunProgress.Phase phase)
    {
        var rate = phase.TokensPerSecond is { } tokens ? FormattableString.Invariant($"{tokens:#,0} tokens/s") : "";
        return phase.Left is { } left ? $"{rate}  {RunProgress.Short(left)} left".TrimStart() : rate;
    }
}
