namespace Sera.Actors.Runs;

/// <summary>Where a run stands. A run without a process that works on it stays Running: it waits to be resumed.</summary>
public enum RunStatus
{
    Running,
    Completed,
    Failed,

    /// <summary>Rests until it is resumed, on whichever node.</summary>
    Paused,

    /// <summary>Ended by hand before it was completed.</summary>
    Cancelled,
}
