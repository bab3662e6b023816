using System.Text.Json;
using Sera.Model.Evaluation;

namespace Sera.Model.Data;

/// <summary>JSON rows to text rows, one parser a shape.</summary>
internal static class RowParsers
{
    private const string PairFields = "prompt, chosen and rejected as strings or messages, or chosen and rejected as transcripts or conversations";

    public static TextPair Pair(JsonElement json, int line, RowShape shape)
    {
        var fields = new RowFields(json, PairFields);
        var transcripts = shape == RowShape.Transcripts;
        if (transcripts && fields.Has("prompt"))
            throw new BadRowException(BadRowReasons.WrongType, "a row with 'prompt' in a file of transcripts", "rows of one shape in a file");
        var (chosen, rejected) = (fields.Text("chosen"), fields.Text("rejected"));
        var prompt = transcripts ? "" : fields.Filled("prompt", BadRowReasons.EmptyPrompt);
        // Two equal transcripts share everything, so no response would be left to split off: say what is really wrong.
        if (chosen == rejected && chosen.Length > 0)
            throw new BadRowException(BadRowReasons.Identical, "chosen equals rejected", "two different responses");
        if (transcripts)
        {
            (prompt, chosen, rejected) = Transcript.Split(chosen, rejected) ?? throw new BadRowException(
                BadRowReasons.NoCommonPrompt, "chosen and rejected do not share a beginning with \"\\n\\nAssistant:\"",
                "transcripts with one prompt, or a field 'prompt'");
        }
        foreach (var (name, response) in (ReadOnlySpan<(string, string)>)[("chosen", chosen), ("rejected", rejected)])
        {
            if (string.IsNullOrWhiteSpace(response))
                throw new BadRowException(BadRowReasons.EmptyResponse, $"the response of '{name}' is empty", "text in both responses");
        }
        return new TextPair(line, Id(fields, line), prompt, chosen, rejected, fields.Flag("flipped"), fields.WinRate("chosen_win_rate"));
    }

    public static TextPrompt Prompt(JsonElement json, int line, RowShape shape)
    {
        var fields = new RowFields(json, "prompt as a string");
        return new TextPrompt(line, Id(fields, line), fields.Filled("prompt", BadRowReasons.EmptyPrompt));
    }

    public static TextExample Example(JsonElement json, int line, RowShape shape)
    {
        var fields = new RowFields(json, "prompt and response (or completion) as strings, or messages");
        return new TextExample(
            line, Id(fields, line), fields.Filled("prompt", BadRowReasons.EmptyPrompt), fields.Filled(Answer(fields), BadRowReasons.EmptyResponse));
    }

    public static TextEval Eval(JsonElement json, int line, RowShape shape)
    {
        var fields = new RowFields(json, "prompt and check");
        return new TextEval(line, Id(fields, line), fields.Filled("prompt", BadRowReasons.EmptyPrompt), Check(fields));
    }

    public static AnswerCheck Check(RowFields fields)
    {
        var parts = fields.Object("check", "kind and answers");
        var check = new AnswerCheck(parts.Text("kind"), parts.Texts("answers"), parts.Count("count"));
        if (AnswerJudge.Fault(check) is { } fault)
            throw new BadRowException(BadRowReasons.BadCheck, fault, "kind exact (one answer), any, or list (count different items of the answers)");
        return check;
    }

    public static TextLabel Label(JsonElement json, int line, RowShape shape)
    {
        const string expected = "id and either preferred (chosen, rejected, tie or drop) or chosen_win_rate";
        var fields = new RowFields(json, expected);
        var id = fields.Id() ?? throw new BadRowException(BadRowReasons.MissingField, "no field 'id'", expected);
        // A file of sera query has the win rate of the data nowhere, so one that is there was put there.
        var rate = fields.WinRate("chosen_win_rate");
        var preferred = fields.Has("preferred") ? fields.Text("preferred") : null;
        if (rate is null == preferred is null)
            throw new BadRowException(BadRowReasons.BadLabel, rate is null ? "no label" : "both 'preferred' and 'chosen_win_rate'", expected);
        var verdict = preferred switch
        {
            null => rate < 0.5 ? LabelVerdict.Rejected : LabelVerdict.Chosen,
            "chosen" => LabelVerdict.Chosen,
            "rejected" => LabelVerdict.Rejected,
            "tie" or "drop" => LabelVerdict.LeaveOut,
            _ => throw new BadRowException(BadRowReasons.BadLabel, $"'preferred' is '{preferred}'", "chosen, rejected, tie or drop"),
        };
        string? Maybe(string name) => fields.Has(name) ? fields.Text(name) : null;
        return new TextLabel(line, id, Maybe("prompt") ?? "", Maybe("chosen"), Maybe("rejected"), verdict, rate);
    }

    /// <summary>The field of an example's response: response, or completion, as TRL has it.</summary>
    public static string Answer(RowFields fields) => !fields.Has("response") && fields.Has("completion") ? "completion" : "response";

    public static string Id(RowFields fields, int line) => fields.Id() ?? $"line-{line}";
}
