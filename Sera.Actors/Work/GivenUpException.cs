namespace Sera.Actors.Work;

/// <summary>Work that other work waits for was given up, and why: the same is then true of what waits.</summary>
internal sealed class GivenUpException(WorkFailureKind failure, string reason) : Exception(reason)
{
    public WorkFailureKind Failure { get; } = failure;
}
