using System.Collections.Immutable;
using Sera.Benchmarks.Naive;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Generation;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Tests.Models;
using Sera.Model.Tokenization;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Generation;

public sealed class GenerationWorkTests
{
    private static readonly SamplingOptions Greedy = new(0, 1, 0, 40, []);

    [SharedFact]
    public void Ragged_prompts_decoded_together_equal_each_decoded_alone_without_a_cache()
    {
        using var model = StoriesPolicy.Load(out var parameters);
        using var owned = parameters;
        var tokenizer = HfTokenizer.Load(StoriesPolicy.Folder);
        string[] texts = ["Once upon a time", "Tim", "The big dog ran to the park and", "One day a girl named Lily went", "A"];
        var prompts = texts.Select((text, i) => new TokenPrompt($"p{i}", [.. tokenizer.Encode(text)])).ToImmutableArray();
        foreach (var batch in new[] { 5, 2 })
        {
            var rollouts = Run(model, tokenizer, new GenerationRequest(prompts, 1, Greedy with { MaxNewTokens = 60 }, 1, batch));
            Assert.Equal(prompts.Select(p => p.Id), rollouts.Select(r => r.Id));
            foreach (var (prompt, rollout) in prompts.Zip(rollouts))
            {
                var expected = Alone(model, prompt.Tokens, 60);
                Assert.Equal(expected.AsEnumerable(), rollout.Rollouts[0].Tokens);
                Assert.Equal(tokenizer.Decode(expected.AsSpan(), true), rollout.Rollouts[0].Text);
            }
        }
    }

    [SharedFact]
    public void Greedy_from_the_beginning_gives_the_published_200_tokens()
    {
        using var model = StoriesPolicy.Load(out var parameters);
        using var owned = parameters;
        var expected = StoriesPolicy.Golden().GetProperty("greedy_from_bos_200").GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()).Skip(1).ToArray();
        var request = new GenerationRequest([new("p", [1])], 1, Greedy with { MaxNewTokens = expected.Length }, 1, 4);
        Assert.Equal(expected, Run(model, new Numbers(512), request)[0].Rollouts[0].Tokens);
    }

    [Fact]
    public void The_same_request_gives_the_same_rollouts_and_another_seed_others()
    {
        using var policy = GoldenPolicy(out var parameters);
        using var owned = parameters;
        var request = new GenerationRequest(Prompts(7), 4, new SamplingOptions(1.2, 0.95, 0, 20, []), 11, 9);
        var first = Run(policy, new Numbers(24), request);
        Assert.Equal(Text(first), Text(Run(policy, new Numbers(24), request)));
        Assert.NotEqual(Text(first), Text(Run(policy, new Numbers(24), request with { Seed = 12 })));
        Assert.All(first, p => Assert.Equal(4, p.Rollouts.Length));
        Assert.True(first.SelectMany(p => p.Rollouts).Select(r => string.Join(' ', r.Tokens)).Distinct().Count() > 20);
    }

    [Fact]
    public void A_sample_does_not_depend_on_its_neighbours()
    {
        // Layouts differ here, so only the last bits of the logits may; none of these draws is that close to a boundary.
        using var policy = GoldenPolicy(out var parameters);
        using var owned = parameters;
        var prompts = Prompts(6);
        var sampling = new SamplingOptions(1, 1, 0, 12, []);
        var together = Run(policy, new Numbers(24), new GenerationRequest(prompts, 3, sampling, 5, 64));
        foreach (var (prompt, expected) in prompts.Zip(together))
        {
            var alone = Run(policy, new Numbers(24), new GenerationRequest([prompt], 3, sampling, 5, 64));
            Assert.Equal(Text([expected]), Text(alone));
            var fewer = Run(policy, new Numbers(24), new GenerationRequest([prompt], 2, sampling, 5, 1));
            Assert.Equal(expected.Rollouts[1].Tokens.AsEnumerable(), fewer[0].Rollouts[1].Tokens);
        }
    }

    [Fact]
    public void A_stop_token_ends_a_response_and_stays_in_it_and_the_limit_cuts()
    {
        using var policy = GoldenPolicy(out var parameters);
        using var owned = parameters;
        var request = new GenerationRequest(Prompts(20), 4, new SamplingOptions(1, 1, 0, 9, [7, 9]), 3, 16);
        var rollouts = Run(policy, new Numbers(24), request).SelectMany(p => p.Rollouts).ToArray();
        int[] stops = [2, 7, 9]; // 2 is the policy's own
        foreach (var rollout in rollouts)
        {
            Assert.DoesNotContain(rollout.Tokens[..^1], t => stops.Contains(t));
            Assert.Equal(rollout.Truncated, !stops.Contains(rollout.Tokens[^1]));
            if (rollout.Truncated) Assert.Equal(9, rollout.Tokens.Length);
        }
        foreach (var stop in stops) Assert.Contains(rollouts, r => r.Tokens[^1] == stop);
        Assert.Contains(rollouts, r => r.Truncated);
    }

    [SharedFact]
    public void A_stop_string_ends_a_response_with_the_token_that_completes_it_and_the_text_before_it()
    {
        using var model = StoriesPolicy.Load(out var parameters);
        using var owned = parameters;
        var tokenizer = HfTokenizer.Load(StoriesPolicy.Folder);
        var prompts = Enumerable.Range(0, 6).Select(i => new TokenPrompt($"p{i}", [.. tokenizer.Encode("Once upon a time")])).ToImmutableArray();
        var sampling = new SamplingOptions(1, 1, 0, 80, []);
        var free = Run(model, tokenizer, new GenerationRequest(prompts, 3, sampling, 4, 64));
        string[] strings = [". She", "the", "\n\n"]; // across tokens, within one, and across bytes
        var stopped = Run(model, tokenizer, new GenerationRequest(prompts, 3, sampling with { StopStrings = strings }, 4, 64));
        var ends = 0;
        foreach (var (whole, cut) in free.SelectMany(p => p.Rollouts).Zip(stopped.SelectMany(p => p.Rollouts)))
        {
            var at = strings.Select(s => whole.Text.IndexOf(s, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(-1).Min();
            Assert.Equal(at < 0 ? whole.Text : whole.Text[..at], cut.Text);
            Assert.Equal(whole.Tokens[..cut.Tokens.Length].AsEnumerable(), cut.Tokens);
            if (at < 0) continue;
            ends++;
            Assert.False(cut.Truncated);
            Assert.Contains(strings, s => Decoded(cut.Tokens).Contains(s, StringComparison.Ordinal));
            Assert.DoesNotContain(strings, s => Decoded(cut.Tokens[..^1]).Contains(s, StringComparison.Ordinal));
        }
        Assert.True(ends > 9);

        string Decoded(ImmutableArray<int> tokens) => tokenizer.Decode(tokens.AsSpan(), continuation: true);
    }

    [Fact]
    public void The_context_limits_a_response_and_refuses_a_prompt_that_fills_it()
    {
        using var policy = GoldenPolicy(out var parameters);
        using var owned = parameters;
        ImmutableArray<int> prompt = [.. Enumerable.Repeat(5, 60)];
        var request = new GenerationRequest([new("long", prompt), new("short", [5])], 1, Greedy with { StopTokens = [] }, 3, 16);
        var rollouts = Run(policy, new Numbers(24), request);
        Assert.True(rollouts[0].Rollouts[0].Tokens.Length <= 4);
        Assert.Contains("'long'", Refused([.. prompt, 5, 5, 5, 5]).Replace("prompt long", "'long'"));
        Assert.Contains("token id 24", Refused([24]));
        Assert.Contains("no tokens", Refused([]));

        string Refused(ImmutableArray<int> tokens) =>
            Assert.Throws<InputException>(() => new GenerationWork(policy, new Numbers(24), request with { Prompts = [new("long", tokens)] })).Message;
    }

    [Fact]
    public void A_sequence_that_ends_makes_room_at_once()
    {
        // One response of 40 tokens, and nine that the context cuts after 4: these pass through the other place while the long one is drawn.
        using var policy = GoldenPolicy(out var parameters);
        using var owned = parameters;
        ImmutableArray<int> shortest = [.. Enumerable.Repeat(5, 20)], longer = [.. Enumerable.Repeat(5, 60)];
        var request = new GenerationRequest(
            [new("long", shortest), .. Enumerable.Range(0, 9).Select(i => new TokenPrompt($"short{i}", longer))], 1, new SamplingOptions(1, 1, 0, 40, []), 3, 2);
        CountingDecoder? counting = null;
        using var work = new GenerationWork(
            new LlamaModel(policy.Config with { EosIds = [] }, parameters), new Numbers(24), request, null, (model, rows) => counting = new CountingDecoder(Decoders.For(model, rows)));
        while (work.Advance())
        {
        }
        Assert.Equal(40, work.Result[0].Rollouts[0].Tokens.Length);
        Assert.All(work.Result.Skip(1), p => Assert.Equal(4, p.Rollouts[0].Tokens.Length));
        // The first token of a response comes with its prompt: 39 more for the long one, 3 for each of the others beside it.
        Assert.Equal(39, counting!.Steps);
        Assert.Equal(39 + (9 * 3), counting.Rows);
    }

    [Fact]
    public void Ids_without_a_text_are_never_drawn()
    {
        using var policy = GoldenPolicy(out var parameters);
        using var owned = parameters;
        var rollouts = Run(policy, new Numbers(13), new GenerationRequest(Prompts(8, 13), 4, new SamplingOptions(2, 1, 0, 20, []), 3, 16));
        Assert.All(rollouts.SelectMany(p => p.Rollouts).SelectMany(r => r.Tokens), t => Assert.InRange(t, 0, 12));
    }

    [Fact]
    public void Generation_leaves_no_tensor_behind()
    {
        using var policy = GoldenPolicy(out var parameters);
        using var owned = parameters;
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Run(policy, new Numbers(24), new GenerationRequest(Prompts(7), 4, new SamplingOptions(1.2, 0.95, 0, 40, []), 11, 9));
        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    /// <summary>A segment is drawn as a response to prompt and head would be; the rollout is the whole response, and so is its text.</summary>
    [Fact]
    public void A_resampled_segment_is_drawn_after_its_head_and_put_into_its_response()
    {
        using var policy = GoldenPolicy(out var parameters);
        using var owned = parameters;
        var sampling = new SamplingOptions(1, 1, 0, 4, []);
        var segments = Enumerable.Range(0, 8).Select(i => ResampledSegment.Draw([5, 6, 7, 8, 9, 10, 11, 12, 13, 2], 3, $"p{i}")).ToArray();
        ImmutableArray<TokenPrompt> prompts = [.. segments.Select((s, i) => new TokenPrompt($"p{i}", [1, 4, .. s.Head]))];
        var drawn = Run(policy, new Numbers(24), new GenerationRequest(prompts, 1, sampling, 5, 4));
        var whole = Run(policy, new Numbers(24), new GenerationRequest([.. prompts.Zip(segments, (p, s) => p with { Segment = s })], 1, sampling, 5, 4));
        foreach (var (segment, part, response) in segments.Zip(drawn.Select(p => p.Rollouts[0]), whole.Select(p => p.Rollouts[0])))
        {
            var (tokens, truncated) = segment.Splice(part.Tokens, part.Truncated);
            Assert.Equal(tokens.AsEnumerable(), response.Tokens);
            Assert.Equal(truncated, response.Truncated);
            Assert.Equal(new Numbers(24).Decode(tokens.AsSpan(), true), response.Text);
        }
        Assert.Contains(whole, p => p.Rollouts[0].Tokens[^1] == 2 && p.Rollouts[0].Tokens.Length == 10);
    }

    private static LlamaModel GoldenPolicy(out FlatParameters parameters)
    {
        var start = Training.GoldenTraining.Start();
        parameters = start.Parameters;
        return new LlamaModel(start.Config, parameters);
    }

    private static ImmutableArray<TokenPrompt> Prompts(int count, int below = 24)
    {
        var random = new Random(2);
        return [.. Enumerable.Range(0, count).Select(i => new TokenPrompt($"p{i}", [1, .. Enumerable.Range(0, random.Next(0, 9)).Select(_ => random.Next(3, below))]))];
    }

    private static ImmutableArray<PromptRollouts> Run(LlamaModel model, ITextTokenizer tokenizer, GenerationRequest request)
    {
        using var work = new GenerationWork(model, tokenizer, request);
        while (work.Advance())
        {
        }
        Assert.Equal((long)request.Prompts.Length * request.Samples, work.Progress.Done);
        Assert.Equal(work.Progress.Total, work.Progress.Done);
        var rollouts = work.Result;
        Assert.True(work.Progress.Tokens >= rollouts.Sum(p => p.Rollouts.Sum(r => r.Tokens.Length)));
        return rollouts;
    }

    /// <summary>Greedy decoding that computes the whole sequence for every token.</summary>
    private static ImmutableArray<int> Alone(LlamaModel model, ImmutableArray<int> prompt, int limit)
    {
        var ids = prompt.ToList();
        while (ids.Count < prompt.Length + limit)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            ids.Add((int)new NaiveLlama(model).Logits(tensor(ids.Select(i => (long)i).ToArray(), [1, ids.Count]))[0, ids.Count - 1].argmax(-1).item<long>());
            if (model.Config.EosIds.Contains(ids[^1])) break;
        }
        return [.. ids.Skip(prompt.Length)];
    }

    private static string Text(IEnumerable<PromptRollouts> rollouts) =>
        string.Join('\n', rollouts.SelectMany(p => p.Rollouts.Select(r => $"{p.Id} {string.Join(' ', r.Tokens)} {r.Truncated}")));

    private sealed class CountingDecoder(IDecoder inner) : IDecoder
    {
        public int Steps { get; private set; }

        /// <summary>Of all steps.</summary>
        public int Rows { get; private set; }

        int IDecoder.Rows => inner.Rows;

        public int Threads => inner.Threads;

        public void Admit(IReadOnlyList<(ImmutableArray<int> Prompt, int Samples)> prompts, LogitsReader read) => inner.Admit(prompts, read);

        public void Decode(ReadOnlySpan<int> tokens, LogitsReader read)
        {
            (Steps, Rows) = (Steps + 1, Rows + tokens.Length);
            inner.Decode(tokens, read);
        }

        public void Keep(ReadOnlySpan<int> rows) => inner.Keep(rows);

        public void Dispose() => inner.Dispose();
    }

    /// <summary>A tokenizer whose text is the ids.</summary>
    private sealed class Numbers(int size) : ITextTokenizer
    {
        public int VocabularySize => size;

        public int? BosId => 1;

        public int? EosId => 2;

        public int[] Encode(string text) => [1, .. EncodeContinuation(text)];

        public int[] EncodeContinuation(string text) => [.. text.Split(' ').Select(int.Parse)];

        public string Decode(ReadOnlySpan<int> ids, bool continuation) => string.Join(' ', ids.ToArray());
    }
}
