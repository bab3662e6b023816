using Sera.Host.Commands;
using Spectre.Console;

namespace Sera.Host;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        using var interruption = new Interruption();
        var live = Console.IsOutputRedirected ? null : AnsiConsole.Console;
        return await SeraCommandLine.RunAsync(args, new CommandContext(Console.Out, Console.Error, live, interruption.Token));
    }
}
