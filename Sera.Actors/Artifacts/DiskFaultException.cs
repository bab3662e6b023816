namespace Sera.Actors.Artifacts;

/// <summary>The disk of this node refused, which no other holder of the artifact can mend. What the disk said is inside.</summary>
internal sealed class DiskFaultException(Exception inner) : Exception(inner.Message, inner);
