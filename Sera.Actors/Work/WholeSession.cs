using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>Work on the CPU that is done in one go.</summary>
internal sealed class WholeSession(Func<WorkResult, WorkResult> work) : IWorkSession
{
    public WorkProgress Progress => new(0, 1, 0);

    public bool Advance() => false;

    public WorkResult Finish(WorkResult unfinished) => work(unfinished);

    public void Dispose()
    {
    }
}
