using Spectre.Console;

namespace Sera.Host.Commands;

/// <summary>What every verb gets: where it writes, and the token that is cancelled when the user stops it.</summary>
/// <param name="Out">Results only.</param>
/// <param name="Error">Warnings and errors, one line each.</param>
/// <param name="Live">The terminal to draw progress on; null when standard output is not one.</param>
internal sealed record CommandContext(TextWriter Out, TextWriter Error, IAnsiConsole? Live, CancellationToken Stop)
{
    public void Warn(string message) => Error.WriteLine($"warning: {message}");
}
