using Akka.Actor;
using Sera.Actors.Runs;
using Sera.Actors.Work;

namespace Sera.Actors.Hosting;

/// <summary>Something new about a run: an event, or how far the work is.</summary>
public abstract record RunUpdate : INoSerializationVerificationNeeded
{
    private RunUpdate()
    {
    }

    /// <param name="Event">Durable already.</param>
    /// <param name="State">After the event.</param>
    public sealed record Recorded(IRunEvent Event, RunState State) : RunUpdate;

    /// <param name="Done">Units recorded and in work: responses (generate), rows (score), steps (train), else 0 or 1.</param>
    /// <param name="Total">Units known so far; it grows where later work is not known yet.</param>
    /// <param name="Tokens">Tokens processed by this kind of work in this round.</param>
    public sealed record Progressed(WorkKind Kind, int Round, long Done, long Total, long Tokens) : RunUpdate;
}
