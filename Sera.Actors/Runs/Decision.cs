using System.Collections.Immutable;

namespace Sera.Actors.Runs;

/// <summary>What a run makes of a command.</summary>
public abstract record Decision
{
    private Decision()
    {
    }

    /// <summary>These events, at least one; then the reply, where the command expects one.</summary>
    public sealed record Accept(ImmutableArray<IRunEvent> Events, RunReply? Reply) : Decision;

    /// <summary>The command cannot be followed; nothing changes.</summary>
    public sealed record Reject(RunReply Reply) : Decision;

    /// <summary>Nothing to do: a repeat, or a result that nobody waits for any more.</summary>
    public sealed record Nothing : Decision;
}
