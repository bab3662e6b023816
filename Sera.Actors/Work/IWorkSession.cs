using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>A work order being done, one quantum at a time, so that its worker stays responsive in between.</summary>
internal interface IWorkSession : IDisposable
{
    /// <summary>Does one quantum; false when nothing is left.</summary>
    bool Advance();

    WorkProgress Progress { get; }

    /// <summary>Makes the artifacts durable and says what came of it; once, after <see cref="Advance"/> returned false.</summary>
    /// <param name="unfinished">Id and effort; the session adds its own result.</param>
    WorkResult Finish(WorkResult unfinished);
}
