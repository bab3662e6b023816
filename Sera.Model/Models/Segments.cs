using System.Collections.Immutable;
using Sera.Model.Kernels;

namespace Sera.Model.Models;

/// <summary>
/// Queries whose attention is computed by one product: a run of the packed tokens, and the keys they may see, which are two runs: a prefix
/// (the prompt they branch from, or the part of it before them) and their own run up to their end.
/// </summary>
/// <param name="First">First query.</param>
/// <param name="PrefixFirst">First token of the prefix, which may be empty.</param>
/// <param name="OwnFirst">First token of the own run; it ends with the last query.</param>
/// <param name="Visible">Which of the keys, prefix then own run, each query sees.</param>
internal sealed record Segment(int First, int Count, int PrefixFirst, int PrefixCount, int OwnFirst, Visibility Visible)
{
    public int OwnCount => First + Count - OwnFirst;

    /// <summary>The same where a query sees no more than some tokens before it and itself; keys that then no query sees are left out.</summary>
    /// <param name="window">Tokens seen, the query's own included.</param>
    public Segment Within(int window)
    {
        var visible = Visible.Within(window);
        if (ReferenceEquals(visible, Visible)) return this;
        var runs = visible.Runs;
        var unseen = visible.Keys;
        for (var i = 0; i < runs.Length; i += 4) unseen = Math.Min(unseen, runs[i] < runs[i + 1] ? runs[i] : runs[i + 2]);
        for (var i = 0; i < runs.Length; i++) runs[i] = Math.Max(0, runs[i] - unseen);
        var ofPrefix = Math.Min(unseen, PrefixCount);
        return this with
        {
            PrefixFirst = PrefixFirst + ofPrefix,
            PrefixCount = PrefixCount - ofPrefix,
            OwnFirst = OwnFirst + unseen - ofPrefix,
            Visible = new Visibility(runs, visible.Keys - unseen),
        };
    }
}

/// <summary>
/// Cuts packed prompts and their branches into segments. Short groups share one, so that there are few products; long ones get one for each
/// stretch of their prompt and one for each few responses, so that hardly anything is computed that nobody sees.
/// </summary>
internal sealed class SegmentBuilder
{
    /// <summary>Groups up to this many tokens share segments.</summary>
    private const int Short = 96;

    /// <summary>Queries of a shared segment.</summary>
    private const int Shared = 128;

    /// <summary>Queries of any segment; bounds the scores held at once.</summary>
    private const int Longest = 256;

    private readonly ImmutableArray<Segment>.Builder _segments = ImmutableArray.CreateBuilder<Segment>();
    private readonly List<int> _runs = [];
    private int _sharedFirst;
    private int _next;

    /// <param name="branches">Tokens of each response that are packed behind the prompt, in order.</param>
    public void Add(int prompt, IReadOnlyList<int> branches)
    {
        var total = prompt + branches.Sum();
        if (total <= Short)
        {
            if (_next - _sharedFirst + total > Shared) EndShared();
            Share(prompt, branches);
            return;
        }
        EndShared();
        var first = _next;
        for (var at = 0; at < prompt; at += Longest) Stretch(first, at, Math.Min(Longest, prompt - at));
        for (var i = 0; i < branches.Count;)
        {
            var few = 1;
            var sum = branches[i];
            while (i + few < branches.Count && sum + branches[i + few] <= Short) sum += branches[i + few++];
            Branch(first, prompt, [.. branches.Skip(i).Take(few)]);
            i += few;
        }
        _sharedFirst = _next;
    }

    public ImmutableArray<Segment> Build()
    {
        EndShared();
        return _segments.ToImmutable();
    }

    private void Share(int prompt, IReadOnlyList<int> branches)
    {
        var start = _next - _sharedFirst;
        for (var i = 0; i < prompt; i++) _runs.AddRange([0, 0, start, start + i + 1]);
        var at = start + prompt;
        foreach (var length in branches)
        {
            for (var i = 0; i < length; i++) _runs.AddRange([start, start + prompt, at, at + i + 1]);
            at += length;
        }
        _next += prompt + branches.Sum();
    }

    private void EndShared()
    {
        var count = _next - _sharedFirst;
        if (count > 0) _segments.Add(new Segment(_sharedFirst, count, 0, 0, _sharedFirst, new Visibility([.. _runs], count)));
        _runs.Clear();
        _sharedFirst = _next;
    }

    /// <summary>Some of a prompt's tokens, which see all before them.</summary>
    private void Stretch(int prompt, int before, int count)
    {
        var runs = new int[4 * count];
        for (var i = 0; i < count; i++) (runs[4 * i + 1], runs[4 * i + 2], runs[4 * i + 3]) = (before, before, before + i + 1);
        _segments.Add(new Segment(prompt + before, count, prompt, before, prompt + before, new Visibility(runs, before + count)));
        _next += count;
    }

    /// <summary>Some responses of a group side by side, or one that may be cut into stretches of queries.</summary>
    private void Branch(int prompt, int promptCount, int[] lengths)
    {
        var (own, total) = (_next, lengths.Sum());
        for (var at = 0; at < total; at += Longest)
        {
            var count = Math.Min(Longest, total - at);
            var runs = new int[4 * count];
            for (var i = 0; i < count; i++)
            {
                var start = StartOf(lengths, at + i);
                (runs[4 * i + 1], runs[4 * i + 2], runs[4 * i + 3]) = (promptCount, promptCount + start, promptCount + at + i + 1);
            }
            _segments.Add(new Segment(own + at, count, prompt, promptCount, own, new Visibility(runs, promptCount + at + count)));
        }
        _next += total;
    }

    private static int StartOf(int[] lengths, int at)
    {
        var start = 0;
        foreach (var length in lengths)
        {
            if (at < start + length) break;
            start += length;
        }
        return start;
    }
}
