using Sera.Model.Data;

namespace Sera.Model.Evaluation;

/// <summary>
/// Decides whether an answer is right. Measurement only: no part of the alignment loop may see its verdicts.
/// Spaces, tabs and line breaks at both ends of the answer (and of each list item) do not count; everything else does, case included,
/// so that a right answer with a phrase behind it is wrong.
/// </summary>
public static class AnswerJudge
{
    public const string Exact = "exact";
    public const string Any = "any";
    public const string List = "list";

    private static readonly char[] Blank = [' ', '\t', '\r', '\n'];

    /// <exception cref="ArgumentException">The check is not one that <see cref="Fault"/> passes.</exception>
    public static bool IsRight(AnswerCheck check, string answer) => check.Kind switch
    {
        Exact => answer.Trim(Blank) == check.Answers[0],
        Any => check.Answers.Contains(answer.Trim(Blank)),
        List => IsRightList(check, answer),
        _ => throw new ArgumentException($"unknown kind of check '{check.Kind}'", nameof(check)),
    };

    /// <summary>What is wrong with a check itself, as "found" of an error; null when nothing is.</summary>
    public static string? Fault(AnswerCheck check)
    {
        if (check.Kind is not (Exact or Any or List)) return $"kind of check '{check.Kind}'";
        if (check.Answers.IsDefaultOrEmpty) return "a check without answers";
        if (check.Answers.Any(a => a is null || a.Trim(Blank) != a || a.Length == 0)) return "a check with an empty answer or one with blanks at its ends";
        if (check.Kind == Exact && check.Answers.Length != 1) return $"a check of kind exact with {check.Answers.Length} answers";
        if (check.Kind != List) return null;
        if (check.Answers.Any(a => a.Contains(','))) return "a list item with a comma";
        return check.Count < 1 || check.Count > check.Answers.Distinct().Count() ? $"a list check with count {check.Count}" : null;
    }

    private static bool IsRightList(AnswerCheck check, string answer)
    {
        var items = answer.Split(',').Select(item => item.Trim(Blank)).ToList();
        return items.Count == check.Count && items.Distinct().Count() == items.Count && items.TrueForAll(item => check.Answers.Contains(item));
    }
}
