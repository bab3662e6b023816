using System.CommandLine;
using System.CommandLine.Parsing;
using Sera.Model.Alignment;

namespace Sera.Host.Commands;

/// <summary>How responses are drawn, as options of a verb.</summary>
internal sealed class SamplingChoices
{
    private readonly Option<double> _temperature = new("--temperature") { Description = "0 = greedy .. 5.", HelpName = "t", DefaultValueFactory = _ => 0.7 };
    private readonly Option<double> _topP = new("--top-p") { Description = "(0, 1]; 1 = off.", HelpName = "p", DefaultValueFactory = _ => 0.95 };
    private readonly Option<int> _topK = new("--top-k") { Description = "0 = off.", HelpName = "k", DefaultValueFactory = _ => 0 };
    private readonly Option<int> _maxNewTokens = new("--max-new-tokens") { Description = "Length limit of a response.", HelpName = "n", DefaultValueFactory = _ => 64 };
    private readonly Option<int[]> _stop = new("--stop-token") { Description = "Id that ends a response beside the policy's own. May be repeated.", HelpName = "id", DefaultValueFactory = _ => [] };
    private readonly Option<string[]> _stopString = new("--stop-string") { Description = "Text that ends a response and is not shown. May be repeated.", HelpName = "text", DefaultValueFactory = _ => [] };

    public SamplingChoices(Command command)
    {
        Require(_temperature, value => value is >= 0 and <= 5, "0 .. 5");
        Require(_topP, value => value is > 0 and <= 1, "above 0 and at most 1");
        Require(_topK, value => value >= 0, "0 or more");
        Require(_maxNewTokens, value => value >= 1, "1 or more");
        Require(_stopString, values => values.All(text => text.Length > 0), "a text that is not empty");
        foreach (var option in (Option[])[_temperature, _topP, _topK, _maxNewTokens, _stop, _stopString]) command.Options.Add(option);
    }

    public SamplingOptions Read(ParseResult parsed) => new(
        parsed.GetValue(_temperature), parsed.GetValue(_topP), parsed.GetValue(_topK), parsed.GetValue(_maxNewTokens), parsed.GetValue(_stop)!,
        parsed.GetValue(_stopString) is { Length: > 0 } strings ? strings : null);

    /// <summary>Refuses values of an option, when the command line is parsed.</summary>
    public static void Require<T>(Option<T> option, Predicate<T> allowed, string expected) => option.Validators.Add(result =>
    {
        if (result.Errors.Any() || result.Tokens.Count == 0) return;
        if (Read<T>(result) is T value && !allowed(value)) result.AddError($"{option.Name} {result.Tokens[^1].Value}: expected {expected}");
    });

    /// <summary>null where the words are no value at all: the parser says that itself, after the validators.</summary>
    private static object? Read<T>(OptionResult result)
    {
        try
        {
            return result.GetValueOrDefault<T>();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
