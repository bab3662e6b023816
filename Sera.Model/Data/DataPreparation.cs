using System.Collections.Immutable;
using Sera.Model.Data.Sources;
using Sera.Model.Tokenization;
using Sera.Model.Training;

namespace Sera.Model.Data;

/// <summary>From the files of a run to its token rows: read, tokenize in parallel (order kept), drop or refuse, split.</summary>
public static class DataPreparation
{
    private const int Chunk = 4096;

    /// <param name="context">Longest sequence of the policy, tokens.</param>
    /// <param name="vocabularySize">Rows of the policy's embedding.</param>
    /// <exception cref="InputException">Bad data, named by file and line, or a bad option.</exception>
    public static PreparedData Prepare(DataOptions options, ulong seed, ITextTokenizer tokenizer, int context, int vocabularySize)
    {
        // Without pairs there is nothing to measure rewards on, and so no prompt to keep aside.
        if (options.Pairs.Length == 0) options = options with { HeldOut = 0 };
        var tokens = new RowTokenizer(tokenizer, vocabularySize, MaxLength(options, context), Eos(options, tokenizer), tooLong: options.TooLong);
        var whole = new RowTokenizer(tokenizer, vocabularySize, context, null);
        var tally = new DropTally(options.OnBadRow, options.TooLong);
        var announcements = ImmutableArray.CreateBuilder<string>();

        var (pairs, labels) = options.Pairs.Length == 0 ? ([], null) : Pairs(options, tokenizer, tokens, tally, announcements);
        var sides = pairs.ToLookup(pair => PromptSplit.IsHeldOut(pair.Prompt, seed, options.HeldOut));
        ImmutableArray<PairRow> train = [.. sides[false]], heldOut = [.. sides[true]];
        if (train.IsEmpty && options.Pairs.Length > 0) throw tally.NothingLeft(options.Pairs, "pairs to train on");

        ImmutableArray<PromptRow> prompts = options.Prompts.Length == 0
            ? [.. train.DistinctBy(pair => pair.Prompt).Select(pair => new PromptRow(pair.Id, pair.Prompt, pair.PromptTokens))]
            : Prompts(options, seed, tokenizer, whole, tally, announcements);
        var eval = options.Eval.Length == 0 ? [] : Eval(options.Eval, tokenizer, new RowTokenizer(tokenizer, vocabularySize, context, null, droppable: false), announcements);

        var seen = train.Select(pair => pair.Prompt).Concat(prompts.Select(prompt => prompt.Prompt)).ToHashSet(StringComparer.Ordinal);
        return new PreparedData(
            train, heldOut, prompts, eval, eval.Count(row => seen.Contains(row.Prompt)), tally.Counts(), announcements.ToImmutable(), labels)
        {
            Cut = tally.Cuts(),
        };
    }

    /// <summary>The examples of a file as token ids; responses that no chat template ended get the end-of-sequence id.</summary>
    /// <param name="context">Longest sequence of the policy, tokens.</param>
    /// <param name="vocabularySize">Rows of the policy's embedding.</param>
    /// <exception cref="InputException">An example is bad, too long or cannot be encoded; names its line.</exception>
    public static ImmutableArray<SupervisedRow> Examples(string path, ITextTokenizer tokenizer, int eos, int context, int vocabularySize)
    {
        var tokens = new RowTokenizer(tokenizer, vocabularySize, context, eos, droppable: false);
        return [.. Fitting(RowReader.Examples(path, BadRows.Refuse, tokenizer), tokens.Example, new DropTally(BadRows.Refuse, TooLong.Refuse), limit: 0)];
    }

    private static (List<PairRow> Pairs, LabelCounts? Labels) Pairs(
        DataOptions options, ITextTokenizer tokenizer, RowTokenizer tokens, DropTally tally, ImmutableArray<string>.Builder announcements)
    {
        var texts = RowReader.Pairs(options.Pairs, options.OnBadRow, tokenizer);
        announcements.Add(texts.Announcement);
        if (options.Labels.Length == 0) return (Fitting(texts, tokens.Pair, tally, options.Limit), null);
        var labels = RowReader.Labels(options.Labels);
        announcements.Add(labels.Announcement);
        var (judged, added, counts) = PairLabels.Apply(texts, labels);
        return ([.. Fitting(judged, tokens.Pair, tally, options.Limit), .. Fitting(added, tokens.Pair, tally, limit: 0)], counts);
    }

    private static ImmutableArray<PromptRow> Prompts(
        DataOptions options, ulong seed, ITextTokenizer tokenizer, RowTokenizer tokens, DropTally tally, ImmutableArray<string>.Builder announcements)
    {
        var texts = RowReader.Prompts(options.Prompts, options.OnBadRow, tokenizer);
        announcements.Add(texts.Announcement);
        var distinct = new HashSet<string>(StringComparer.Ordinal);
        var usable = texts with
        {
            Rows = [.. texts.Rows.Where(row => Kept(row, BadRowReasons.RepeatedPrompt, distinct.Add(row.Prompt))
                && Kept(row, BadRowReasons.HeldOutPrompt, !PromptSplit.IsHeldOut(row.Prompt, seed, options.HeldOut)))],
        };
        var rows = Fitting(usable, tokens.Prompt, tally, limit: 0);
        return rows.Count > 0 ? [.. rows] : throw tally.NothingLeft(options.Prompts, "prompts");

        bool Kept(TextPrompt row, string reason, bool kept)
        {
            if (!kept)
            {
                var error = texts.Origin.Error(row.Line, $"a {reason.Replace('-', ' ')}", "prompts that are new and not kept aside", "add others");
                tally.Add(texts.Origin, new RowProblem(row.Line, reason, error));
            }
            return kept;
        }
    }

    // Measurement must not shrink unseen: whatever does not fit is refused here, whatever the options say of training data.
    private static ImmutableArray<EvalRow> Eval(string path, ITextTokenizer tokenizer, RowTokenizer tokens, ImmutableArray<string>.Builder announcements)
    {
        var texts = RowReader.Evaluation(path, BadRows.Refuse, tokenizer);
        announcements.Add(texts.Announcement);
        var rows = Fitting(texts, tokens.Prompt, new DropTally(BadRows.Refuse, TooLong.Refuse), limit: 0);
        return [.. rows.Zip(texts.Rows, (row, text) => new EvalRow(row.Id, row.Prompt, row.PromptTokens, text.Check))];
    }

    private static List<TRow> Fitting<TText, TRow>(TextRows<TText> texts, Func<RowOrigin, TText, Tokenized<TRow>> tokenize, DropTally tally, int limit)
        where TText : TextRow
        where TRow : class
    {
        foreach (var problem in texts.Problems) tally.Add(texts.Origin, problem);
        var rows = new List<TRow>();
        foreach (var chunk in texts.Rows.Chunk(Chunk))
        {
            foreach (var (read, (row, problem, cut)) in chunk.AsParallel().AsOrdered().Select(text => (text, tokenize(texts.Origin, text))).ToList())
            {
                if (cut is not null && row is not null) tally.AddCut(texts.Origin, read.Line, cut);
                if (problem is not null) tally.Add(texts.Origin, problem);
                else rows.Add(row!);
                if (rows.Count == limit && limit > 0) return rows;
            }
        }
        return rows;
    }

    internal static int MaxLength(DataOptions options, int context)
    {
        if (options.MaxLength >= 0 && options.MaxLength <= context) return options.MaxLength == 0 ? context : options.MaxLength;
        throw new InputException("data.max-length", $"{options.MaxLength}", $"0 .. {context}, the policy's context", "change the option");
    }

    internal static int? Eos(DataOptions options, ITextTokenizer tokenizer)
    {
        if (!options.AppendEos) return null;
        return tokenizer.EosId ?? throw new InputException(
            "data.append-eos", "the tokenizer names no end-of-sequence token", "one to append", "set data.append-eos = false or name eos_token_id in the policy's config.json");
    }
}
