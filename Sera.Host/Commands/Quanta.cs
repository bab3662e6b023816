using System.Diagnostics;
using Sera.Host.Progress;
using Sera.Model.Engine;

namespace Sera.Host.Commands;

/// <summary>Does work quantum by quantum on this thread, stopping between two of them when asked to.</summary>
internal static class Quanta
{
    /// <param name="view">null shows nothing.</param>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public static T Run<T>(IQuantumWork<T> work, string kind, IProgressView? view, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var progress = new RunProgress();
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            var more = work.Advance();
            var now = work.Progress;
            progress.Add(1, kind, now.Done, now.Total, now.Tokens, clock.Elapsed);
            view?.Show(progress, 1);
            if (!more) return work.Result;
        }
    }
}
