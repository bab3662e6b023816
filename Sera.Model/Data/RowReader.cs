using System.Collections.Immutable;
using System.Text.Json;
using Sera.Model.Data.Sources;
using Sera.Model.Tokenization;

namespace Sera.Model.Data;

/// <summary>
/// Reads files of rows (see <see cref="DataFiles"/>) into text rows. Every trouble is an <see cref="InputException"/> naming file and line; with
/// <see cref="BadRows.Drop"/> only trouble with a file as a whole is thrown, bad rows come back as problems.
/// </summary>
public static class RowReader
{
    /// <param name="tokenizer">Whose chat template writes conversations; null = there is none, and they are refused.</param>
    public static TextRows<TextPair> Pairs(string path, BadRows onBadRow, ITextTokenizer? tokenizer = null)
    {
        var parsers = Parsers(tokenizer);
        return Read<TextPair>(path, onBadRow, parsers.Recognise, ShapeParsers.OfPairs, parsers.Pairs);
    }

    /// <summary>Prompts; any file with the field "prompt" serves.</summary>
    /// <inheritdoc cref="Pairs"/>
    public static TextRows<TextPrompt> Prompts(string path, BadRows onBadRow, ITextTokenizer? tokenizer = null) =>
        Read<TextPrompt>(path, onBadRow, _ => RowShape.Prompts, [RowShape.Prompts], Parsers(tokenizer).Prompts);

    /// <summary>As <see cref="Prompts"/>, and of conversations what the user said.</summary>
    /// <inheritdoc cref="Pairs"/>
    internal static TextRows<TextPrompt> SaidPrompts(string path, ITextTokenizer? tokenizer) =>
        Read<TextPrompt>(path, BadRows.Refuse, _ => RowShape.Prompts, [RowShape.Prompts], new ShapeParsers(tokenizer?.Chat, said: true).Prompts);

    /// <inheritdoc cref="Pairs"/>
    public static TextRows<TextExample> Examples(string path, BadRows onBadRow, ITextTokenizer? tokenizer = null) =>
        Read<TextExample>(path, onBadRow, _ => RowShape.Examples, [RowShape.Examples], Parsers(tokenizer).Examples);

    /// <inheritdoc cref="Pairs"/>
    public static TextRows<TextEval> Evaluation(string path, BadRows onBadRow, ITextTokenizer? tokenizer = null) =>
        Read<TextEval>(path, onBadRow, _ => RowShape.Evaluation, [RowShape.Evaluation], Parsers(tokenizer).Evals);

    /// <summary>Labels of pairs. Nobody labels by chance, so a bad one is always refused.</summary>
    public static TextRows<TextLabel> Labels(string path) =>
        Read<TextLabel>(path, BadRows.Refuse, _ => RowShape.Labels, [RowShape.Labels], (_, json, line, shape) => [RowParsers.Label(json, line, shape)]);

    /// <summary>Rows of whatever shape the file has; bad rows are among the problems, and so is trouble with the file as a whole.</summary>
    /// <inheritdoc cref="Pairs"/>
    public static TextRows<TextRow> Any(string path, ITextTokenizer? tokenizer = null)
    {
        var rows = ImmutableArray.CreateBuilder<TextRow>();
        var problems = ImmutableArray.CreateBuilder<RowProblem>();
        var (shape, origin) = Each(path, rows.Add, problems.Add, tokenizer);
        return new TextRows<TextRow>(path, shape, rows.ToImmutable(), problems.ToImmutable()) { Origin = origin };
    }

    /// <summary>The rows as <see cref="Any"/> has them, handed out one after another: memory does not grow with them but for their ids (<see cref="SeenIds"/>).</summary>
    /// <param name="row">Takes a usable row.</param>
    /// <param name="problem">Takes a row that is none, at last the trouble that ended the reading, if one did.</param>
    /// <param name="handOn">Whether conversations stay messages.</param>
    /// <param name="said">Whether rows of conversations keep what the user said.</param>
    /// <returns>The shape, null where no row told it, and where rows stand.</returns>
    /// <inheritdoc cref="Pairs"/>
    public static (RowShape? Shape, RowOrigin Origin) Each(
        string path, Action<TextRow> row, Action<RowProblem> problem, ITextTokenizer? tokenizer = null, bool handOn = false, bool said = false)
    {
        var parsers = new ShapeParsers(tokenizer?.Chat, handOn, said);
        using var reading = new RowReading<TextRow>(path, parsers.Recognise, Enum.GetValues<RowShape>(), parsers.Any);
        var any = false;
        while (true)
        {
            try
            {
                if (!reading.Next())
                {
                    if (any) break;
                    throw Empty(path);
                }
            }
            catch (InputException e)
            {
                problem(new RowProblem(0, BadRowReasons.File, e));
                break;
            }
            any = true;
            if (reading.Problem is { } bad) problem(bad);
            foreach (var read in reading.Rows) row(read);
        }
        return (reading.Shape, reading.Origin);
    }

    private static ShapeParsers Parsers(ITextTokenizer? tokenizer) => new(tokenizer?.Chat);

    private static TextRows<T> Read<T>(string path, BadRows onBadRow, Func<JsonElement, RowShape?> recognise, RowShape[] accepted, RowParser<T> parse)
        where T : TextRow
    {
        var rows = ImmutableArray.CreateBuilder<T>();
        var problems = ImmutableArray.CreateBuilder<RowProblem>();
        using var reading = new RowReading<T>(path, recognise, accepted, parse);
        while (reading.Next())
        {
            rows.AddRange(reading.Rows);
            if (reading.Problem is not { } problem) continue;
            if (onBadRow == BadRows.Refuse) throw problem.Error;
            problems.Add(problem);
        }
        if (rows.Count > 0) return new TextRows<T>(path, reading.Shape, rows.ToImmutable(), problems.ToImmutable()) { Origin = reading.Origin };
        throw problems.Count == 0 ? Empty(path) : problems[0].Error;
    }

    internal static InputException Empty(string path) => new(path, "it holds no rows", "one JSON object in a line", "check the file");
}
