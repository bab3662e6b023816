using System.Diagnostics;
using Sera.Actors.Hosting;
using Sera.Actors.Runs;

namespace Sera.Host.Progress;

/// <summary>A run's updates on their way to whoever looks.</summary>
/// <param name="view">null where nobody does.</param>
/// <param name="rounds">T.</param>
internal sealed class RunShown(IProgressView? view, int rounds, Stopwatch clock)
{
    private readonly RunProgress _progress = new();

    /// <summary>After the last event; null before the first.</summary>
    public RunState? State { get; private set; }

    public void Add(RunUpdate update)
    {
        switch (update)
        {
            case RunUpdate.Recorded recorded:
                State = recorded.State;
                if (RunNotes.Of(recorded.Event, recorded.State) is { } note) view?.Note(note);
                break;
            case RunUpdate.Progressed work:
                _progress.Add(work.Round, work.Kind.ToString().ToLowerInvariant(), work.Done, work.Total, work.Tokens, clock.Elapsed);
                view?.Show(_progress, rounds);
                break;
        }
    }
}
