using System.Collections.Immutable;
using Sera.Model.Data.Sources;
using Sera.Model.Tokenization;

namespace Sera.Model.Data.Previews;

/// <summary>The first rows of data as the tokens that training makes of them, by the code that makes them.</summary>
/// <param name="context">Longest sequence of the policy, tokens.</param>
/// <param name="vocabularySize">Rows of the policy's embedding.</param>
public sealed class Previewer(ITextTokenizer tokenizer, int context, int vocabularySize)
{
    /// <param name="options">Pairs is the data, of whatever shape, or, where there are none, Prompts, as a run from prompts reads them. Length and end are as in a run; labels are not applied.</param>
    /// <param name="count">How many rows.</param>
    /// <returns>What was recognised, null where no row told it, and the rows.</returns>
    /// <exception cref="InputException">Trouble with a file as a whole, or a bad option.</exception>
    public (RowShape? Shape, ImmutableArray<RowPreview> Rows) First(DataOptions options, int count)
    {
        var parsers = new ShapeParsers(tokenizer.Chat);
        var (maxLength, eos) = (DataPreparation.MaxLength(options, context), DataPreparation.Eos(options, tokenizer));
        var tokens = new RowTokenizer(tokenizer, vocabularySize, maxLength, eos, tooLong: options.TooLong);
        var whole = new RowTokenizer(tokenizer, vocabularySize, context, null);
        var fromPrompts = options.Pairs.Length == 0;
        using var reading = fromPrompts
            ? new RowReading<TextRow>(options.Prompts, _ => RowShape.Prompts, [RowShape.Prompts], parsers.Any)
            : new RowReading<TextRow>(options.Pairs, parsers.Recognise, Enum.GetValues<RowShape>(), parsers.Any);
        var rows = ImmutableArray.CreateBuilder<RowPreview>();
        while (rows.Count < count && reading.Next())
        {
            if (reading.Problem is { } problem) rows.Add(new RowPreview($"line-{problem.Line}", reading.Origin.Place(problem.Line).ToString(), problem.Message, []));
            foreach (var row in reading.Rows.Take(count - rows.Count)) rows.Add(Of(row, reading.Origin, tokens, whole));
        }
        return rows.Count > 0 ? (reading.Shape, rows.ToImmutable()) : throw RowReader.Empty(reading.Origin.Path);
    }

    private RowPreview Of(TextRow row, RowOrigin origin, RowTokenizer tokens, RowTokenizer whole)
    {
        switch (row)
        {
            case TextPair pair:
                var (made, unfit, cut) = tokens.Pair(origin, pair);
                return Preview(unfit, cut, made is null ? [] : [("prompt", false, made.PromptTokens), ("chosen", true, made.ChosenTokens), ("rejected", true, made.RejectedTokens)]);
            case TextExample example:
                var (supervised, tooLong, _) = tokens.Example(origin, example);
                return Preview(tooLong, null, supervised is null ? [] : [("prompt", false, supervised.PromptTokens), ("response", true, supervised.ResponseTokens)]);
            default:
                var (prompt, bad, _) = whole.Prompt(origin, row);
                return Preview(bad, null, prompt is null ? [] : [("prompt", false, prompt.PromptTokens)]);
        }

        RowPreview Preview(RowProblem? problem, string? how, ReadOnlySpan<(string, bool, ImmutableArray<int>)> parts)
        {
            var shown = ImmutableArray.CreateBuilder<PartPreview>();
            foreach (var (name, trained, ids) in parts) shown.Add(new PartPreview(name, trained, [.. ids.Select(Token)]));
            return new RowPreview(row.Id, origin.Place(row.Line).ToString(), problem?.Message ?? how, shown.ToImmutable());
        }
    }

    private TokenPreview Token(int id)
    {
        var text = tokenizer.Decode([id], continuation: true);
        var special = tokenizer.IsSpecial(id);
        return new TokenPreview(id, special || text.Length == 0 || text.Contains('\ufffd') ? tokenizer.NameOf(id) ?? $"#{id}" : text, special);
    }
}
