namespace Sera.Actors.Control;

/// <summary>Why a node of a cluster ended.</summary>
public enum NodeEnd
{
    /// <summary>It was asked to leave, and did.</summary>
    Left,

    /// <summary>The cluster went on without it, or it lost the journal to another coordinator; started again, it joins anew.</summary>
    Removed,
}
