using System.CommandLine;
using System.CommandLine.Parsing;
using Sera.Host.Configuration;

namespace Sera.Host.Commands;

/// <summary>A command line that cannot be parsed, told in one line.</summary>
internal static class UsageErrors
{
    public static string Describe(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var where = string.Join(' ', Path(parsed.CommandResult));
        if (parsed.UnmatchedTokens.Count > 0)
        {
            var word = parsed.UnmatchedTokens[0];
            var known = command.Subcommands.Select(sub => sub.Name).Concat(command.Options.Select(option => option.Name));
            return $"{where}: unknown word '{word}'; the nearest is '{NearestKey.Of(word, known)}'; see {where} --help";
        }
        var message = parsed.Errors[0].Message.ReplaceLineEndings(" ").TrimEnd('.')
            .Replace("System.Nullable`1[System.Double]", "System.Double", StringComparison.Ordinal)
            .Replace("System.Nullable`1[System.Int32]", "System.Int32", StringComparison.Ordinal)
            .Replace("System.Nullable`1[System.Int64]", "System.Int64", StringComparison.Ordinal)
            .Replace("expected type 'System.Double'", "a number", StringComparison.Ordinal)
            .Replace("expected type 'System.Int32'", "a whole number", StringComparison.Ordinal)
            .Replace("expected type 'System.Int64'", "a whole number", StringComparison.Ordinal);
        return $"{where}: {message}; see {where} --help";
    }

    private static Stack<string> Path(CommandResult result)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = result; at is CommandResult command; at = at.Parent)
        {
            names.Push(command.Command is RootCommand ? "sera" : command.Command.Name);
        }
        return names;
    }
}
