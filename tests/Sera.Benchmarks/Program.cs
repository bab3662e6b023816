using Sera.Host.Commands;

namespace Sera.Benchmarks;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        using var interruption = new Interruption();
        return await BenchmarkCommandLine.RunAsync(args, new CommandContext(Console.Out, Console.Error, null, interruption.Token));
    }
}
