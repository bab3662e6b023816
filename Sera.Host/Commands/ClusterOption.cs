using System.CommandLine;

namespace Sera.Host.Commands;

/// <summary>--cluster of verbs that work on a cluster from anywhere.</summary>
internal static class ClusterOption
{
    public static Option<string?> Create(string description) => new("--cluster") { Description = description, HelpName = "host:port" };
}
