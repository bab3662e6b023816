namespace Sera.Actors.Work;

/// <summary>What kinds of work have in common.</summary>
public static class WorkKinds
{
    /// <summary>Whether a policy is used; selection, bootstrapping and evaluation read rows.</summary>
    public static bool NeedsEngine(this WorkKind kind) => kind is WorkKind.Generate or WorkKind.Score or WorkKind.Train or WorkKind.Gradient;
}
