using System.Collections.Immutable;
using Sera.Model.Evaluation;

namespace Sera.Model.Data.World;

/// <summary>One instruction, its check, and the ways in which it is answered rightly and wrongly. Answers have no blanks at their ends.</summary>
/// <param name="Right">Draws a right answer.</param>
/// <param name="Mistakes">
/// Draw wrong answers, each of one systematic sort. The first is the form's habit: the commonest by far. The habits of the two forms of a kind
/// err in opposite directions, so that no rule of thumb such as "say a smaller number" tells right from wrong everywhere.
/// </param>
internal sealed record WorldTask(
    string Instruction, AnswerCheck Check, Func<WorldRandom, string> Right, ImmutableArray<Func<WorldRandom, string>> Mistakes)
{
    // A policy that is wrong in one way most of the time is wrong under greedy decoding although it often knows the right answer.
    private const int HabitPercent = 80;

    /// <summary>A task with one right answer and fixed wrong ones.</summary>
    public static WorldTask Of(string instruction, string right, params IEnumerable<string> mistakes) =>
        new(instruction, new AnswerCheck(AnswerJudge.Exact, [right]), _ => right, [.. mistakes.Select(m => new Func<WorldRandom, string>(_ => m))]);

    public string Prompt => $"Q: {Instruction}\nA:";

    /// <summary>Draws a wrong answer. A sort of mistake that happens to be right here (a reversed palindrome) passes to the next sort.</summary>
    public string Wrong(WorldRandom random)
    {
        var first = Mistakes.Length == 1 || random.Next(100) < HabitPercent ? 0 : 1 + random.Next(Mistakes.Length - 1);
        for (var i = 0; i < Mistakes.Length; i++)
        {
            var answer = Mistakes[(first + i) % Mistakes.Length](random);
            if (!AnswerJudge.IsRight(Check, answer)) return answer;
        }
        throw new InvalidOperationException($"no mistake of '{Instruction}' is wrong");
    }
}

/// <summary>Tasks of one skill. A policy warm-started on the world is bad at the weak forms and good at the others.</summary>
internal sealed record WorldForm(string Name, bool Weak, IReadOnlyList<WorldTask> Tasks);

/// <summary>A kind of instruction. Give every kind as many weak forms as strong ones, so that the share of mistakes is as asked.</summary>
internal interface IWorldKind
{
    /// <summary>All forms with all their tasks, in a fixed order; instructions are different from each other.</summary>
    IEnumerable<WorldForm> Forms();
}
