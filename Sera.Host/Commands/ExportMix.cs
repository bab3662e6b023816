using System.CommandLine;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models;

namespace Sera.Host.Commands;

/// <summary>Options of sera export that write a mix of a run's policies in place of one of them.</summary>
internal sealed class ExportMix
{
    private readonly Option<double?> _extrapolate = new("--extrapolate")
    {
        Description = "Of a run: the policy of the round, moved a times its way from the starting policy further on (ExPO). Above 0; 0.3 to 0.5 is usual.",
        HelpName = "a",
    };

    private readonly Option<int[]> _average = new("--average")
    {
        Description = "Of a run: the mean of the policies after these rounds, two or more; 0 is the starting policy.",
        HelpName = "rounds",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    public ExportMix(Command command)
    {
        SamplingChoices.Require(_extrapolate, a => a > 0 && double.IsFinite(a.Value), "a number above 0");
        SamplingChoices.Require(_average, rounds => rounds.Length > 1 && rounds.Distinct().Count() == rounds.Length, "two rounds or more, each once");
        command.Options.Add(_extrapolate);
        command.Options.Add(_average);
    }

    /// <summary>Whether a mix is asked for. Refuses it beside what it does not go with.</summary>
    /// <param name="others">Options that choose other weights, and whether they are set.</param>
    /// <exception cref="InputException">Two options that contradict each other.</exception>
    public bool Asked(ParseResult parsed, params ReadOnlySpan<(string Name, bool Set)> others)
    {
        var (extrapolates, averages) = (parsed.GetValue(_extrapolate) is not null, parsed.GetValue(_average)!.Length > 0);
        if (!extrapolates && !averages) return false;
        var asked = extrapolates ? _extrapolate.Name : _average.Name;
        if (extrapolates && averages) throw Contradiction(asked, _average.Name);
        foreach (var (name, set) in others)
        {
            // The round whose policy is extrapolated may be named.
            if (set && !(extrapolates && name == "--round")) throw Contradiction(asked, name);
        }
        return true;
    }

    /// <summary>The policies to add up, and their factors.</summary>
    /// <param name="round">The one that is extrapolated; the last where none is given.</param>
    /// <exception cref="InputException">A round is not trained, or there is nothing to extrapolate from.</exception>
    public IEnumerable<(PolicyRef Policy, double Factor)> Terms(ParseResult parsed, RunPolicies policies, int? round)
    {
        if (parsed.GetValue(_extrapolate) is not { } a)
        {
            var rounds = parsed.GetValue(_average)!;
            return rounds.Order().Select(policies.After).Zip(WeightSum.Average(rounds.Length)).ToArray();
        }
        if (round == 0) throw new InputException("--round", "0, the starting policy itself", "the round whose policy is extrapolated, 1 or later", "name a later round");
        return new[] { policies.After(round ?? policies.Rounds), policies.After(0) }.Zip(WeightSum.Extrapolation(a)).ToArray();
    }

    private static InputException Contradiction(string asked, string other) => new(asked, $"{other} beside it", "one of the two", $"leave {asked} or {other} out");
}
