namespace Sera.Actors.Work;

/// <summary>A session that at times waits for what others do, and leaves its worker's thread alone meanwhile.</summary>
internal interface IWaitingSession : IWorkSession
{
    /// <summary>Whether there is nothing to advance before a message comes.</summary>
    bool IsWaiting { get; }

    /// <summary>Whether the message is meant for this session.</summary>
    bool IsFor(object message);

    /// <summary>Takes a message in that is meant for it.</summary>
    void Hear(object message);

    /// <summary>Repeats what it asked of others; on every beat of its worker.</summary>
    void Beat();
}
