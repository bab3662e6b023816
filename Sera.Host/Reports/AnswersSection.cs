using Sera.Model.Data;

namespace Sera.Host.Reports;

/// <summary>The same prompts answered by the policy of every round, side by side.</summary>
internal static class AnswersSection
{
    public static void Write(HtmlPage page, ReportData data)
    {
        var rounds = data.Rounds.Where(r => !r.Answers.IsEmpty)
            .Select(r => (r.Round, Answers: r.Answers.DistinctBy(a => a.Id).ToDictionary(a => a.Id))).ToArray();
        var prompts = data.Rounds.SelectMany(r => r.Answers).DistinctBy(a => a.Id).Take(data.Options.Evaluation.Shown).ToArray();
        if (prompts.Length == 0)
        {
            return;
        }
        page.Put("h2", "The same prompts, round by round");
        page.Put("p", "Greedy answers: what differs between rounds is the policy, not the luck of the draw.", "note");
        foreach (var prompt in prompts)
        {
            using (page.Open("div", "prompt"))
            {
                page.Quote(prompt.Prompt);
                using (page.Open("div", "answers"))
                {
                    foreach (var (round, answers) in rounds)
                    {
                        if (answers.TryGetValue(prompt.Id, out var answer))
                        {
                            Write(page, round, answer);
                        }
                    }
                }
            }
        }
    }

    private static void Write(HtmlPage page, int round, AnswerRow answer)
    {
        var (css, verdict) = answer.Right switch
        {
            true => ("answer right", "✓ right"),
            false => ("answer wrong", "✗ wrong"),
            null => ("answer", ""),
        };
        using (page.Open("div", css))
        {
            using (page.Open("div", "who"))
            {
                page.Text(round == 0 ? "before " : $"round {round} ");
                page.Put("b", verdict);
            }
            page.Quote(answer.Answer.Length == 0 ? "(no answer)" : answer.Answer);
        }
    }
}
