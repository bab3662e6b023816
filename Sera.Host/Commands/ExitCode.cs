namespace Sera.Host.Commands;

/// <summary>What the program's exit codes mean.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int BadInput = 2;
    public const int Interrupted = 130;

    /// <summary>A node that the cluster went on without: start it again.</summary>
    public const int Removed = 75;
}
