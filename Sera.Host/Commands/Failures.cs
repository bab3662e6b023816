using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Host.Commands;

/// <summary>Turns what a verb threw into one line and an exit code.</summary>
internal static class Failures
{
    private const int DiskFullLinux = 28;
    private const int DiskFullWindows = unchecked((int)0x80070070);

    /// <param name="verbose">Adds the whole exception below the line.</param>
    public static int Report(Exception exception, TextWriter error, bool verbose)
    {
        var (code, line) = Describe(Innermost(exception));
        error.WriteLine(line.ReplaceLineEndings(" "));
        if (verbose) error.WriteLine(exception.ToString());
        return code;
    }

    private static (int Code, string Line) Describe(Exception exception) => exception switch
    {
        InputException e => (ExitCode.BadInput, e.Message),
        Compute.TorchMissingException e => (ExitCode.Failed, e.Message),
        DamagedArtifactException e => (ExitCode.BadInput, $"{e.Message}; restore the file from a copy, or start the run anew in another work folder"),
        OperationCanceledException => (ExitCode.Interrupted, "interrupted"),
        IOException e when IsDiskFull(e) => (ExitCode.BadInput, $"the disk is full: {e.Message}; free some space and resume"),
        UnauthorizedAccessException e => (ExitCode.BadInput, $"{e.Message}; choose a folder that can be written with --work or --out"),
        _ => (ExitCode.Failed, $"failed: {exception.GetType().Name}: {exception.Message} (--verbose shows where)"),
    };

    /// <summary>Whether a write failed for want of space.</summary>
    public static bool IsDiskFull(IOException exception) => exception.HResult is DiskFullLinux or DiskFullWindows;

    private static Exception Innermost(Exception exception)
    {
        while (exception is AggregateException or TypeInitializationException && exception.InnerException is { } inner) exception = inner;
        return exception;
    }
}
