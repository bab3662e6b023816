using Xunit;

namespace Sera.Cluster.Tests;

/// <summary>
/// Tests that start whole processes, up to a cluster of them; together they would starve each other's failure detectors. Only runs in one process, which leave
/// a core idle while they train, go on two at a time.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OneAtATime
{
    public const string Name = "one at a time";
}
