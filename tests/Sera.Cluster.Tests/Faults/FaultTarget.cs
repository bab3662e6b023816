namespace Sera.Cluster.Tests.Faults;

/// <summary>A process that a fault can hit.</summary>
/// <param name="Role">Its role in the cluster, or <see cref="Postgres"/>.</param>
internal sealed record FaultTarget(string Name, string Role)
{
    public const string Control = "control";
    public const string Postgres = "postgres";
}
